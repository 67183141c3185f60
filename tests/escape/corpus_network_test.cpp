// Group F of the corpus: ways out over the network and over sockets of the host.
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstring>

#include "tests/escape/corpus.h"

namespace rh::escape {
namespace {

TEST_F(Corpus, F05_ConnectsToAnAbstractSocketOfTheHost) {
  const UniqueFd listener(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const std::string name = "rh-escape-" + std::to_string(getpid());
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path + 1, name.data(), name.size());
  ASSERT_EQ(bind(listener.get(), reinterpret_cast<sockaddr*>(&address),
                 static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size())),
            0);
  ASSERT_EQ(listen(listener.get(), 8), 0);
  const Attack attack = this->attack("connect_abstract", {name});
  // A namespace of its own has no such name; Landlock's scope knows it and refuses.
  EXPECT_EQ(attack.caged.said("connect " + name), column() == Column::no_userns ? "EPERM" : "ECONNREFUSED");
}

}  // namespace
}  // namespace rh::escape
