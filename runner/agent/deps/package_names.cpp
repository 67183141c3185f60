#include "runner/agent/deps/package_names.h"

#include <algorithm>
#include <array>

#include "runner/base/text.h"

namespace rh::agent {
namespace {

struct Mapping {
  std::string_view import, package;
};

// Only where the two differ.
constexpr Mapping kPython[] = {
    {"sklearn", "scikit-learn"},
    {"skimage", "scikit-image"},
    {"cv2", "opencv-python-headless"},
    {"PIL", "pillow"},
    {"yaml", "pyyaml"},
    {"bs4", "beautifulsoup4"},
    {"dotenv", "python-dotenv"},
    {"dateutil", "python-dateutil"},
    {"Crypto", "pycryptodome"},
    {"Cryptodome", "pycryptodomex"},
    {"OpenSSL", "pyopenssl"},
    {"serial", "pyserial"},
    {"usb", "pyusb"},
    {"jwt", "pyjwt"},
    {"jose", "python-jose"},
    {"docx", "python-docx"},
    {"pptx", "python-pptx"},
    {"fitz", "pymupdf"},
    {"magic", "python-magic"},
    {"git", "gitpython"},
    {"github", "pygithub"},
    {"gitlab", "python-gitlab"},
    {"telegram", "python-telegram-bot"},
    {"discord", "discord.py"},
    {"slack_sdk", "slack-sdk"},
    {"MySQLdb", "mysqlclient"},
    {"mysql", "mysql-connector-python"},
    {"psycopg2", "psycopg2-binary"},
    {"ldap", "python-ldap"},
    {"attr", "attrs"},
    {"zmq", "pyzmq"},
    {"nacl", "pynacl"},
    {"gi", "pygobject"},
    {"wx", "wxpython"},
    {"Xlib", "python-xlib"},
    {"pkg_resources", "setuptools"},
    {"flask_cors", "flask-cors"},
    {"flask_sqlalchemy", "flask-sqlalchemy"},
    {"flask_login", "flask-login"},
    {"flask_wtf", "flask-wtf"},
    {"rest_framework", "djangorestframework"},
    {"corsheaders", "django-cors-headers"},
    {"django_filters", "django-filter"},
    {"environ", "django-environ"},
    {"decouple", "python-decouple"},
    {"multipart", "python-multipart"},
    {"socketio", "python-socketio"},
    {"engineio", "python-engineio"},
    {"websocket", "websocket-client"},
    {"kafka", "kafka-python"},
    {"confluent_kafka", "confluent-kafka"},
    {"consul", "python-consul"},
    {"memcache", "python-memcached"},
    {"elasticsearch_dsl", "elasticsearch-dsl"},
    {"googleapiclient", "google-api-python-client"},
    {"google.cloud.storage", "google-cloud-storage"},
    {"google.cloud.bigquery", "google-cloud-bigquery"},
    {"google.protobuf", "protobuf"},
    {"google.generativeai", "google-generativeai"},
    {"google.genai", "google-genai"},
    {"google.auth", "google-auth"},
    {"grpc", "grpcio"},
    {"grpc_tools", "grpcio-tools"},
    {"azure.storage.blob", "azure-storage-blob"},
    {"azure.identity", "azure-identity"},
    {"win32api", "pywin32"},
    {"win32com", "pywin32"},
    {"pythoncom", "pywin32"},
    {"Levenshtein", "levenshtein"},
    {"slugify", "python-slugify"},
    {"frontmatter", "python-frontmatter"},
    {"PyPDF2", "pypdf2"},
    {"pdfminer", "pdfminer.six"},
    {"barcode", "python-barcode"},
    {"speech_recognition", "speechrecognition"},
    {"community", "python-louvain"},
    {"umap", "umap-learn"},
    {"imblearn", "imbalanced-learn"},
    {"sentence_transformers", "sentence-transformers"},
    {"faiss", "faiss-cpu"},
    {"langchain_openai", "langchain-openai"},
    {"langchain_core", "langchain-core"},
    {"llama_index", "llama-index"},
    {"tensorflow_hub", "tensorflow-hub"},
    {"tensorflow_datasets", "tensorflow-datasets"},
    {"pytorch_lightning", "pytorch-lightning"},
    {"torch_geometric", "torch-geometric"},
    {"skopt", "scikit-optimize"},
    {"mpl_toolkits", "matplotlib"},
    {"pylab", "matplotlib"},
    {"Bio", "biopython"},
    {"OpenGL", "pyopengl"},
    {"tabula", "tabula-py"},
    {"nmap", "python-nmap"},
    {"dns", "dnspython"},
    {"whois", "python-whois"},
    {"crontab", "python-crontab"},
    {"daemon", "python-daemon"},
    {"pam", "python-pam"},
    {"systemd", "systemd-python"},
    {"apt", "python-apt"},
    {"dbus", "dbus-python"},
    {"cairo", "pycairo"},
    {"Image", "pillow"},
    {"ImageDraw", "pillow"},
    {"pywt", "pywavelets"},
    {"caput", "pyepics"},
    {"epics", "pyepics"},
    {"ruamel", "ruamel.yaml"},
    {"pkg_about", "pkg-about"},
    {"async_timeout", "async-timeout"},
    {"typing_extensions", "typing-extensions"},
    {"pydantic_settings", "pydantic-settings"},
    {"pydantic_core", "pydantic-core"},
    {"email_validator", "email-validator"},
    {"prometheus_client", "prometheus-client"},
    {"opentelemetry", "opentelemetry-api"},
    {"opentelemetry.sdk", "opentelemetry-sdk"},
    {"pytest_asyncio", "pytest-asyncio"},
    {"xdist", "pytest-xdist"},
    {"factory", "factory-boy"},
    {"seleniumwire", "selenium-wire"},
    {"webdriver_manager", "webdriver-manager"},
    {"undetected_chromedriver", "undetected-chromedriver"},
    {"snappy", "python-snappy"},
    {"ahocorasick", "pyahocorasick"},
    {"editor", "python-editor"},
    {"gflags", "python-gflags"},
};

// Popular names whose package is the same: what a mistyped import was meant for.
constexpr std::string_view kPopularPython[] = {
    "numpy",       "pandas",     "matplotlib", "requests", "scipy",        "seaborn",  "flask",        "django",
    "fastapi",     "sqlalchemy", "pytest",     "torch",    "tensorflow",   "keras",    "transformers", "networkx",
    "sympy",       "plotly",     "httpx",      "aiohttp",  "click",        "rich",     "pydantic",     "tqdm",
    "statsmodels", "xgboost",    "lightgbm",   "nltk",     "spacy",        "openpyxl", "redis",        "pymongo",
    "boto3",       "celery",     "selenium",   "uvicorn",  "cryptography", "polars",   "numba",        "openai",
    "anthropic",   "langchain",  "streamlit"};
constexpr std::string_view kPopularNode[] = {
    "lodash",    "express",   "axios", "react",  "react-dom",  "chalk",      "commander",   "moment",      "uuid",
    "cheerio",   "dotenv",    "jest",  "mocha",  "typescript", "webpack",    "vue",         "next",        "socket.io",
    "mongoose",  "sequelize", "pg",    "mysql2", "ws",         "zod",        "node-fetch",  "body-parser", "cors",
    "puppeteer", "rxjs",      "dayjs", "yargs",  "inquirer",   "nodemailer", "jsonwebtoken"};

// Commands of Debian packages that are called otherwise.
constexpr Mapping kDebian[] = {
    {"ag", "silversearcher-ag"},
    {"rg", "ripgrep"},
    {"fd", "fd-find"},
    {"convert", "imagemagick"},
    {"identify", "imagemagick"},
    {"dig", "dnsutils"},
    {"nslookup", "dnsutils"},
    {"host", "bind9-host"},
    {"nc", "netcat-openbsd"},
    {"netcat", "netcat-openbsd"},
    {"ifconfig", "net-tools"},
    {"netstat", "net-tools"},
    {"route", "net-tools"},
    {"ip", "iproute2"},
    {"ss", "iproute2"},
    {"ping", "iputils-ping"},
    {"ps", "procps"},
    {"top", "procps"},
    {"free", "procps"},
    {"pgrep", "procps"},
    {"pkill", "procps"},
    {"watch", "procps"},
    {"killall", "psmisc"},
    {"fuser", "psmisc"},
    {"pstree", "psmisc"},
    {"python", "python-is-python3"},
    {"pip", "python3-pip"},
    {"pip3", "python3-pip"},
    {"node", "nodejs"},
    {"cc", "gcc"},
    {"7z", "p7zip-full"},
    {"xz", "xz-utils"},
    {"psql", "postgresql-client"},
    {"mysql", "default-mysql-client"},
    {"redis-cli", "redis-tools"},
    {"ssh", "openssh-client"},
    {"scp", "openssh-client"},
    {"sftp", "openssh-client"},
    {"xmllint", "libxml2-utils"},
    {"crontab", "cron"},
    {"pdftotext", "poppler-utils"},
    {"ffprobe", "ffmpeg"},
    {"javac", "default-jdk"},
    {"java", "default-jre"},
    {"go", "golang-go"},
    {"docker", "docker.io"},
    {"envsubst", "gettext-base"},
    {"hexdump", "bsdextrautils"},
    {"column", "bsdextrautils"},
    {"col", "bsdextrautils"},
    {"uuidgen", "uuid-runtime"},
    {"lsb_release", "lsb-release"},
    {"strings", "binutils"},
    {"objdump", "binutils"},
    {"gpg", "gnupg"},
    {"vi", "vim-tiny"},
    {"unbuffer", "expect"},
    {"ts", "moreutils"},
    {"sponge", "moreutils"},
};

// Longest prefix wins.
constexpr Mapping kJava[] = {{"org.json.", "org.json:json"},
                             {"com.google.gson.", "com.google.code.gson:gson"},
                             {"com.fasterxml.jackson.databind.", "com.fasterxml.jackson.core:jackson-databind"},
                             {"com.fasterxml.jackson.core.", "com.fasterxml.jackson.core:jackson-core"},
                             {"com.fasterxml.jackson.annotation.", "com.fasterxml.jackson.core:jackson-annotations"},
                             {"com.google.common.", "com.google.guava:guava"},
                             {"org.apache.commons.lang3.", "org.apache.commons:commons-lang3"},
                             {"org.apache.commons.io.", "commons-io:commons-io"},
                             {"org.apache.commons.collections4.", "org.apache.commons:commons-collections4"},
                             {"org.apache.commons.csv.", "org.apache.commons:commons-csv"},
                             {"org.apache.commons.math3.", "org.apache.commons:commons-math3"},
                             {"org.apache.commons.codec.", "commons-codec:commons-codec"},
                             {"org.apache.http.", "org.apache.httpcomponents:httpclient"},
                             {"org.apache.logging.log4j.", "org.apache.logging.log4j:log4j-api"},
                             {"org.apache.poi.", "org.apache.poi:poi"},
                             {"org.slf4j.", "org.slf4j:slf4j-api"},
                             {"ch.qos.logback.", "ch.qos.logback:logback-classic"},
                             {"org.junit.jupiter.api.", "org.junit.jupiter:junit-jupiter-api"},
                             {"org.junit.", "junit:junit"},
                             {"org.mockito.", "org.mockito:mockito-core"},
                             {"org.assertj.core.", "org.assertj:assertj-core"},
                             {"org.hamcrest.", "org.hamcrest:hamcrest"},
                             {"okhttp3.", "com.squareup.okhttp3:okhttp"},
                             {"retrofit2.", "com.squareup.retrofit2:retrofit"},
                             {"lombok.", "org.projectlombok:lombok"},
                             {"org.springframework.boot.", "org.springframework.boot:spring-boot-starter"},
                             {"org.springframework.", "org.springframework:spring-context"},
                             {"org.hibernate.", "org.hibernate.orm:hibernate-core"},
                             {"jakarta.persistence.", "jakarta.persistence:jakarta.persistence-api"},
                             {"javax.servlet.", "javax.servlet:javax.servlet-api"},
                             {"jakarta.servlet.", "jakarta.servlet:jakarta.servlet-api"},
                             {"javax.inject.", "javax.inject:javax.inject"},
                             {"io.netty.", "io.netty:netty-all"},
                             {"io.reactivex.rxjava3.", "io.reactivex.rxjava3:rxjava"},
                             {"reactor.core.", "io.projectreactor:reactor-core"},
                             {"org.jsoup.", "org.jsoup:jsoup"},
                             {"org.yaml.snakeyaml.", "org.yaml:snakeyaml"},
                             {"org.postgresql.", "org.postgresql:postgresql"},
                             {"com.mysql.", "com.mysql:mysql-connector-j"},
                             {"org.sqlite.", "org.xerial:sqlite-jdbc"},
                             {"redis.clients.jedis.", "redis.clients:jedis"},
                             {"org.apache.kafka.", "org.apache.kafka:kafka-clients"},
                             {"picocli.", "info.picocli:picocli"},
                             {"org.joda.time.", "joda-time:joda-time"}};

constexpr std::string_view kHosts[] = {"github.com/", "gitlab.com/", "bitbucket.org/", "codeberg.org/"};

template <class Table>
std::optional<std::string> mapped(const Table& table, std::string_view import) {
  for (const Mapping& row : table)
    if (row.import == import) return std::string(row.package);
  return std::nullopt;
}

std::string up_to(std::string_view text, char separator, int parts) {
  std::size_t end = 0;
  for (int i = 0; i < parts; ++i) {
    const std::size_t next = text.find(separator, end);
    if (next == std::string_view::npos) return std::string(text);
    end = next + 1;
  }
  return std::string(text.substr(0, end - 1));
}

std::string python_package(std::string_view import) {
  std::string name(import);
  while (true) {
    if (const auto package = mapped(kPython, name)) return *package;
    const std::size_t dot = name.rfind('.');
    if (dot == std::string::npos) return name;
    name.resize(dot);
  }
}

// Hosts with user and repository, gopkg.in and golang.org/x with one part behind, a "/v2" that belongs to the name.
std::string go_module(std::string_view import) {
  int parts = 3;
  if (import.starts_with("gopkg.in/"))
    parts = import.find("/", 9) != std::string_view::npos && import.find(".v") > import.find("/", 9) ? 3 : 2;
  if (std::none_of(std::begin(kHosts), std::end(kHosts),
                   [&](std::string_view host) { return import.starts_with(host); }) &&
      !import.starts_with("golang.org/x/") && !import.starts_with("gopkg.in/") &&
      !import.starts_with("google.golang.org/"))
    parts = 3;
  if (import.starts_with("google.golang.org/") || import.starts_with("go.uber.org/") || import.starts_with("k8s.io/"))
    parts = 2;
  std::string module = up_to(import, '/', parts);
  const std::string_view rest = import.substr(std::min(import.size(), module.size() + 1));
  if (rest.size() >= 2 && rest.front() == 'v' && rest[1] >= '2' && rest[1] <= '9')
    module += "/" + std::string(rest.substr(0, rest.find('/')));
  return module;
}

}  // namespace

std::optional<std::string> package_of_import(Language language, std::string_view import) {
  switch (language) {
    case Language::python:
      return python_package(import);
    case Language::javascript:
      return up_to(import, '/', import.starts_with('@') ? 2 : 1);
    case Language::bash: {
      const auto package = mapped(kDebian, import);
      return package ? package : std::string(import);
    }
    case Language::go:
      return go_module(import);
    case Language::rust: {
      return std::string(import.substr(0, import.find("::")));  // cargo takes '_' for '-' when it looks a name up
    }
    case Language::java: {
      const Mapping* best = nullptr;
      for (const Mapping& row : kJava)
        if (import.starts_with(row.import) && (best == nullptr || row.import.size() > best->import.size())) best = &row;
      return best == nullptr ? std::nullopt : std::optional(std::string(best->package));
    }
  }
  return std::nullopt;
}

std::optional<std::string> near_import(Language language, std::string_view import) {
  std::vector<std::string> known;
  if (language == Language::python) {
    for (const Mapping& row : kPython) known.emplace_back(row.import);
    known.insert(known.end(), std::begin(kPopularPython), std::end(kPopularPython));
  } else if (language == Language::javascript) {
    known.insert(known.end(), std::begin(kPopularNode), std::end(kPopularNode));
  }
  constexpr std::size_t kShortest = 4;  // shorter names are near to everything
  if (import.size() < kShortest || std::find(known.begin(), known.end(), import) != known.end()) return std::nullopt;
  return closest(import, known);
}

}  // namespace rh::agent
