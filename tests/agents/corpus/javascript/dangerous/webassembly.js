WebAssembly.instantiate(bytes, {});
