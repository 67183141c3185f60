// Says who it runs as. The launcher of the corpus plants copies of it with the set-uid bit and with
// file capabilities: a sandbox must make both of no effect. It does nothing else, for that reason.
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <initializer_list>

int main() {
  std::printf("euid: %u\n", geteuid());
  std::FILE* status = std::fopen("/proc/self/status", "re");
  char line[256];
  while (status != nullptr && std::fgets(line, sizeof line, status) != nullptr)
    for (const char* key : {"CapPrm:", "CapEff:", "NoNewPrivs:"})
      if (std::strncmp(line, key, std::strlen(key)) == 0)
        std::printf("%.*s: %s", static_cast<int>(std::strlen(key) - 1), key, line + std::strlen(key) + 1);
  return 0;
}
