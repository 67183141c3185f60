// Which source files each test file of vitest loads, from the graph of modules that vite keeps: as lines in the form of
// docs/test-selection.md, all lines of a file.
import fs from 'node:fs';
import path from 'node:path';

const escape = (text) => text.replace(/\\/g, '\\\\').replace(/\t/g, '\\t').replace(/\n/g, '\\n').replace(/\r/g, '\\r');

function graphs_of(vite) {
  const graphs = Object.values(vite?.environments ?? {}).map((environment) => environment.moduleGraph);
  return [...graphs, vite?.moduleGraph].filter((graph) => typeof graph?.getModuleById === 'function');
}

function files_of(module) {
  const { vite, config } = module.project;
  const starts = [module.moduleId, ...[config?.setupFiles ?? [], config?.globalSetup ?? []].flat()];
  const files = new Set(starts);
  for (const graph of graphs_of(vite)) {
    const open = starts.map((id) => graph.getModuleById(id)).filter(Boolean);
    const seen = new Set(open);
    while (open.length > 0) {
      const node = open.pop();
      if (node.file) files.add(node.file);
      for (const next of [...(node.importedModules ?? []), ...(node.ssrImportedModules ?? [])]) {
        if (next.file?.includes('/node_modules/') || seen.has(next)) continue;
        seen.add(next);
        open.push(next);
      }
    }
  }
  return files;
}

export function lines_of_module(module) {
  const test = escape(path.relative(process.cwd(), module.moduleId));
  const lines = [];
  for (const file of [...files_of(module)].sort()) {
    try {
      const count = fs.readFileSync(file, 'utf8').split('\n').length;
      lines.push(`f\t${escape(file)}`, `t\t1-${count}\t${test}`);
    } catch {
      // Made up by a plugin: no file.
    }
  }
  return lines;
}
