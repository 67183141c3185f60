#include "runner/agent/exec/package_plan.h"

#include <algorithm>

#include <fmt/core.h>

#include "runner/base/file.h"
#include "runner/base/text.h"

namespace rh::agent {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kManifests[] = {"requirements.txt", "package.json",    "package-lock.json", "go.mod",
                                           "go.sum",           "Cargo.toml",      "Cargo.lock",        "pom.xml",
                                           "build.gradle",     "build.gradle.kts"};

struct Planning {
  const Service& service;
  const ExecutionRequest& request;
  const RunSettings& settings;
  const FoundRuntime& found;
  const fs::path& target;
  PackagePlan plan;

  void add(std::vector<std::string> argv, model::Environment env = {}) {
    SandboxedCommand command;
    command.argv = std::move(argv);
    command.env = std::move(env);
    plan.commands.push_back(std::move(command));
  }
  // The request's own file of that name, else its requirements file.
  [[nodiscard]] std::string manifest(const std::string& name) const {
    if (const auto at = request.files.find(name); at != request.files.end()) return at->second;
    if (request.requirements.empty()) return {};
    const std::string given = request.requirements.filename().string();
    if (given != name && name != "requirements.txt") return {};
    return read_file(request.requirements, kMaxManifestBytes).value_or("");
  }
  [[nodiscard]] Result<std::string> tool(std::string_view name) {
    const fs::path beside = found.runtime.path.parent_path() / name;
    if (is_file(beside)) return beside.string();
    RH_TRY(const fs::path path, find_language_tool(service, name));
    for (const fs::path& folder : folders_of_program(path)) readable.push_back(folder);
    plan.path.push_back(path.parent_path());
    return path.string();
  }
  std::vector<fs::path> readable;
};

Result<void> plan_python(Planning& planning) {
  std::vector<std::string> argv{planning.found.runtime.path.string(),
                                "-m",
                                "pip",
                                "install",
                                "--target",
                                (planning.target / "python").string(),
                                "--no-input",
                                "--disable-pip-version-check",
                                "--no-warn-script-location",
                                "--progress-bar",
                                "off",
                                "--quiet",
                                "--root-user-action",
                                "ignore"};
  const std::string requirements = planning.manifest("requirements.txt");
  if (!requirements.empty()) {
    planning.plan.files["requirements.txt"] = requirements;
    argv.insert(argv.end(), {"--requirement", "requirements.txt"});
  }
  argv.push_back("--");
  argv.insert(argv.end(), planning.request.packages.begin(), planning.request.packages.end());
  if (argv.back() == "--") argv.pop_back();
  planning.add(std::move(argv));
  return {};
}

Result<void> plan_javascript(Planning& planning) {
  RH_TRY(const std::string npm, planning.tool("npm"));
  const std::string manifest = planning.manifest("package.json");
  const std::string lock = planning.manifest("package-lock.json");
  planning.plan.files["package.json"] = manifest.empty() ? "{\"private\": true}\n" : manifest;
  if (!lock.empty() && planning.request.packages.empty()) planning.plan.files["package-lock.json"] = lock;
  std::vector<std::string> argv{npm, "install", "--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error"};
  argv.push_back("--");
  argv.insert(argv.end(), planning.request.packages.begin(), planning.request.packages.end());
  if (argv.back() == "--") argv.pop_back();
  planning.add(std::move(argv));
  planning.add({"/bin/sh", "-c",
                "if [ -d node_modules ]; then cp -a node_modules \"$1\"; else mkdir \"$1/node_modules\"; fi", "sh",
                planning.target.string()});
  return {};
}

model::Environment go_environment(const Planning& planning) {
  return {{"GOROOT", planning.found.home.string()},
          {"GOMODCACHE", (planning.target / "modules").string()},
          {"GOCACHE", "/tmp/go-cache"},
          {"GOTOOLCHAIN", "local"},
          {"GOTELEMETRY", "off"},
          {"GOFLAGS", "-mod=mod -modcacherw"}};
}

Result<void> plan_go(Planning& planning) {
  const std::string go = planning.found.runtime.path.string();
  const std::string manifest = planning.manifest("go.mod");
  const std::string& version = planning.found.runtime.version;
  const std::string minor = version.substr(0, version.find('.', version.find('.') + 1));
  planning.plan.files["go.mod"] =
      manifest.empty() ? fmt::format("module main\n\ngo {}\n", minor.empty() ? "1.21" : minor) : manifest;
  if (const std::string sums = planning.manifest("go.sum"); !sums.empty()) planning.plan.files["go.sum"] = sums;
  std::vector<std::string> get{go, "get"};
  for (const std::string& package : planning.request.packages)
    get.push_back(package.find('@') == std::string::npos ? package + "@latest" : package);
  if (get.size() > 2) planning.add(std::move(get), go_environment(planning));
  if (!manifest.empty()) {
    // What the code imports of a module has to be known, or the build would miss sums.
    planning.plan.files["main.go"] = planning.request.code;
    for (const auto& [name, content] : planning.request.files)
      if (name.ends_with(".go")) planning.plan.files[name] = content;
    planning.add({go, "mod", "tidy", "-e"}, go_environment(planning));
  }
  planning.plan.taken = {"go.mod", "go.sum"};
  return {};
}

std::string cargo_manifest(const std::vector<std::string>& packages) {
  std::string text = "[package]\nname = \"main\"\nversion = \"0.1.0\"\nedition = \"2021\"\n\n[dependencies]\n";
  for (const std::string& package : packages) {
    const PackageName name = split_package(package);
    std::string features;
    for (const std::string_view feature : split(name.extras, ','))
      if (!trim(feature).empty()) features += fmt::format("{}\"{}\"", features.empty() ? "" : ", ", trim(feature));
    text += fmt::format("{} = {{ version = \"{}\"{} }}\n", name.name, name.version.empty() ? "*" : name.version,
                        features.empty() ? "" : fmt::format(", features = [{}]", features));
  }
  return text;
}

Result<void> plan_rust(Planning& planning) {
  const std::string cargo = (planning.found.runtime.path.parent_path() / "cargo").string();
  const std::string manifest = planning.manifest("Cargo.toml");
  if (!manifest.empty() && !planning.request.packages.empty())
    return fail(rh::ErrorKind::usage, "read the request: 'packages' of rust go into the Cargo.toml that it has");
  planning.plan.files["Cargo.toml"] = manifest.empty() ? cargo_manifest(planning.request.packages) : manifest;
  if (const std::string lock = planning.manifest("Cargo.lock"); !lock.empty()) planning.plan.files["Cargo.lock"] = lock;
  planning.plan.files["src/main.rs"] = "fn main() {}\n";
  planning.add({cargo, "fetch", "--quiet", "--color", "never"},
               {{"CARGO_HOME", (planning.target / "cargo").string()}, {"RUSTC", planning.found.runtime.path.string()}});
  planning.plan.taken = {"Cargo.toml", "Cargo.lock"};
  return {};
}

Result<std::string> maven_project(const std::vector<std::string>& packages) {
  std::string text =
      "<project xmlns=\"http://maven.apache.org/POM/4.0.0\"><modelVersion>4.0.0</modelVersion>"
      "<groupId>local</groupId><artifactId>main</artifactId><version>1</version><dependencies>\n";
  for (const std::string& package : packages) {
    const auto parts = split(package, ':');
    const bool plain = package.find_first_of("<>&") == std::string::npos;
    if (parts.size() != 3 || !plain)
      return fail(rh::ErrorKind::usage,
                  fmt::format("read the request: 'packages' of java are group:artifact:version, not '{}'", package));
    text +=
        fmt::format("<dependency><groupId>{}</groupId><artifactId>{}</artifactId><version>{}</version></dependency>\n",
                    parts[0], parts[1], parts[2]);
  }
  return text + "</dependencies></project>\n";
}

Result<void> plan_gradle(Planning& planning, const std::string& name) {
  RH_TRY(const std::string gradle, planning.tool("gradle"));
  planning.plan.files[name] = planning.manifest(name);
  planning.plan.files["settings.gradle"] = "rootProject.name = 'main'\n";
  planning.plan.files["classpath.init.gradle"] =
      "allprojects { afterEvaluate { tasks.register('rhClasspath') { doLast { "
      "def into = new File(System.getenv('RUNHARNESS_JARS')); into.mkdirs(); "
      "configurations.runtimeClasspath.each { f -> java.nio.file.Files.copy(f.toPath(), new File(into, "
      "f.name).toPath()) } "
      "} } } }\n";
  planning.add({gradle, "--no-daemon", "--quiet", "--init-script", "classpath.init.gradle", "rhClasspath"},
               {{"GRADLE_USER_HOME", "/tmp/gradle"},
                {"JAVA_HOME", planning.found.home.string()},
                {"RUNHARNESS_JARS", (planning.target / "jars").string()}});
  return {};
}

Result<void> plan_java(Planning& planning) {
  for (const char* name : {"build.gradle", "build.gradle.kts"})
    if (!planning.manifest(name).empty()) return plan_gradle(planning, name);
  RH_TRY(const std::string maven, planning.tool("mvn"));
  std::string project = planning.manifest("pom.xml");
  if (project.empty()) {
    RH_TRY(project, maven_project(planning.request.packages));
  }
  planning.plan.files["pom.xml"] = project;
  planning.add({maven, "-q", "-B", "-Dmaven.repo.local=/tmp/m2", "-DincludeScope=runtime", "-Dstyle.color=never",
                "-DoutputDirectory=" + (planning.target / "jars").string(), "dependency:copy-dependencies"},
               {{"JAVA_HOME", planning.found.home.string()}});
  return {};
}

// No root and no installation: what apt would install is downloaded and unpacked beside the system.
Result<void> plan_bash(Planning& planning) {
  for (const char* name : {"apt-get", "dpkg-deb"})
    if (!planning.service.host().find_tool(name))
      return fail(rh::ErrorKind::unsupported,
                  fmt::format("install {}: packages of bash come from apt, and {} is not on this machine",
                              join(planning.request.packages, ", "), name));
  std::vector<std::string> argv{
      "/bin/sh", "-ec",
      "target=$1; shift; mkdir -p \"$target/archives/partial\" \"$target/root\" /tmp/apt/partial\n"
      "apt-get -q -y -o Debug::NoLocking=true -o APT::Sandbox::User=root -o Dir::Cache=/tmp/apt "
      "-o Dir::Cache::archives=\"$target/archives\" -o Dir::Log=/tmp/apt --no-install-recommends --download-only "
      "install -- \"$@\"\n"
      "for one in \"$target\"/archives/*.deb; do [ ! -f \"$one\" ] || dpkg-deb -x \"$one\" \"$target/root\"; done\n"
      "rm -rf \"$target/archives\"\n",
      "sh", planning.target.string()};
  for (const std::string& package : planning.request.packages) {
    const PackageName name = split_package(package);
    argv.push_back(name.version.empty() ? name.name : name.name + "=" + name.version);
  }
  planning.add(std::move(argv), {{"DEBIAN_FRONTEND", "noninteractive"}});
  planning.readable = {"/var/lib/apt", "/var/lib/dpkg"};
  return {};
}

struct LanguagePlanner {
  Language language;
  Result<void> (*plan)(Planning&);
};
constexpr LanguagePlanner kPlanners[] = {{Language::python, plan_python}, {Language::javascript, plan_javascript},
                                         {Language::bash, plan_bash},     {Language::go, plan_go},
                                         {Language::rust, plan_rust},     {Language::java, plan_java}};

bool has_text(const ExecutionRequest& request, const std::string& name, std::string_view text) {
  const auto at = request.files.find(name);
  return at != request.files.end() && at->second.find(text) != std::string::npos;
}

bool holds_word(std::string_view text, std::string_view word) {
  for (std::size_t at = text.find(word); at != std::string_view::npos; at = text.find(word, at + 1)) {
    const auto is_part = [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
    };
    const std::size_t end = at + word.size();
    if ((at == 0 || !is_part(text[at - 1])) && (end == text.size() || !is_part(text[end]))) return true;
  }
  return false;
}

}  // namespace

bool is_manifest(std::string_view name) {
  return std::find(std::begin(kManifests), std::end(kManifests), name) != std::end(kManifests);
}

bool needs_packages(const ExecutionRequest& request) {
  if (!request.packages.empty() || !request.requirements.empty()) return true;
  switch (request.language) {
    case Language::go:
      return has_text(request, "go.mod", "require");
    case Language::rust:
      return has_text(request, "Cargo.toml", "dependencies]") || has_text(request, "Cargo.toml", "[dependencies.");
    case Language::java:
      return has_file(request, "pom.xml") || has_file(request, "build.gradle") || has_file(request, "build.gradle.kts");
    case Language::javascript:
      return has_text(request, "package.json", "ependencies\"");
    default:
      return false;
  }
}

PackageName split_package(std::string_view text) {
  PackageName package;
  const std::size_t scope = text.starts_with('@') ? 1 : 0;
  std::size_t at = std::min(text.find_first_of("@=<>~!", scope), text.size());
  package.version = std::string(text.substr(std::min(text.find_first_not_of("@=", at), text.size())));
  std::string_view name = trim(text.substr(0, at));
  if (const std::size_t bracket = name.find('['); bracket != std::string_view::npos) {
    package.extras = std::string(name.substr(bracket + 1, name.find(']', bracket) - bracket - 1));
    name = name.substr(0, bracket);
  }
  package.name = std::string(name);
  return package;
}

std::vector<std::string> failed_packages(const ExecutionRequest& request, std::string_view output) {
  std::vector<std::string> named, errors;
  for (const std::string& package : request.packages) {
    const std::string name = split_package(package).name;
    bool in_error = false;
    for (const std::string_view line : split_lines(output)) {
      const bool tells = line.find("rror") != std::string_view::npos || line.find("ERR") != std::string_view::npos ||
                         line.find("E:") != std::string_view::npos || line.find("404") != std::string_view::npos ||
                         line.find("not ") != std::string_view::npos || line.find("no ") != std::string_view::npos;
      in_error = in_error || (tells && holds_word(line, name));
    }
    if (in_error) errors.push_back(package);
    if (holds_word(output, name)) named.push_back(package);
  }
  if (!errors.empty()) return errors;
  return named.empty() ? request.packages : named;
}

Result<PackagePlan> plan_packages(const Service& service, const ExecutionRequest& request, const RunSettings& settings,
                                  const FoundRuntime& found, const fs::path& target) {
  Planning planning{service, request, settings, found, target, {}, {}};
  planning.plan.path.push_back(found.runtime.path.parent_path());
  for (const LanguagePlanner& planner : kPlanners)
    if (planner.language == request.language) RH_CHECK(planner.plan(planning));
  for (SandboxedCommand& command : planning.plan.commands) command.readable = planning.readable;
  return std::move(planning.plan);
}

Result<PreparedPackages> find_packages(const Service& service, const ExecutionRequest& request, const FoundRuntime&,
                                       const fs::path& target) {
  static_cast<void>(service);
  PreparedPackages packages;
  packages.readable = {target};
  for (const char* name : {"go.mod", "go.sum", "Cargo.toml", "Cargo.lock"})
    if (const auto text = read_file(target / (std::string("taken-") + name), kMaxManifestBytes))
      packages.files[name] = *text;
  switch (request.language) {
    case Language::python:
      packages.env["PYTHONPATH"] = (target / "python").string();
      packages.path = {target / "python/bin"};
      break;
    case Language::javascript:
      packages.env["NODE_PATH"] = (target / "node_modules").string();
      packages.path = {target / "node_modules/.bin"};
      packages.links["node_modules"] = target / "node_modules";
      break;
    case Language::go:
      packages.env["GOMODCACHE"] = (target / "modules").string();
      packages.overlays = {target / "modules"};
      break;
    case Language::rust:
      packages.env["CARGO_HOME"] = (target / "cargo").string();
      packages.overlays = {target / "cargo"};
      break;
    case Language::java: {
      std::error_code problem;
      for (fs::directory_iterator at(target / "jars", problem), end; !problem && at != end; at.increment(problem))
        if (at->path().extension() == ".jar") packages.class_path.push_back(at->path().string());
      std::sort(packages.class_path.begin(), packages.class_path.end());
      break;
    }
    case Language::bash: {
      const fs::path root = target / "root";
      packages.path = {root / "usr/local/bin", root / "usr/bin", root / "bin", root / "usr/sbin", root / "sbin"};
      packages.env["LD_LIBRARY_PATH"] =
          fmt::format("{0}/usr/lib/x86_64-linux-gnu:{0}/lib/x86_64-linux-gnu:{0}/usr/lib/aarch64-linux-gnu:{0}/usr/lib",
                      root.string());
      break;
    }
  }
  return packages;
}

}  // namespace rh::agent
