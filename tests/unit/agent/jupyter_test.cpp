// Where a Jupyter server is, and what its helper is asked for.
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "runner/agent/jupyter/jupyter_place.h"
#include "runner/agent/jupyter/jupyter_request.h"

namespace rh::agent {
namespace {

TEST(JupyterPlace, HostsAndUrls) {
  struct Row {
    const char* text;
    const char* url;
  };
  for (const Row& row : {Row{"localhost", "http://localhost:8888"}, Row{"127.0.0.1:9000", "http://127.0.0.1:9000"},
                         Row{"::1", "http://[::1]:8888"}, Row{"[::1]:9000", "http://[::1]:9000"},
                         Row{"http://hub:8000/", "http://hub:8000"},
                         Row{"https://hub.example.org/user/me", "https://hub.example.org:443/user/me/"},
                         Row{"https://[2001:db8::7]:8443/a/", "https://[2001:db8::7]:8443/a/"}}) {
    const auto place = jupyter_place(row.text, 8888);
    ASSERT_TRUE(place) << row.text << ": " << place.error().message();
    EXPECT_EQ(place->url(), row.url) << row.text;
  }
  EXPECT_EQ(jupyter_place("https://hub", 9443)->port, "9443");
}

TEST(JupyterPlace, WhatIsNoneIsRefusedAndItsSecretNotRepeated) {
  for (const char* text :
       {"", "ftp://hub", "http://", "http://hub:0", "hub:70000", "hub:x", "a b", "http://hub\r\nX: y"})
    EXPECT_FALSE(jupyter_place(text, 8888)) << text;
  for (const char* text : {"http://hub/?token=sesame", "http://me:sesame@hub/", "http://hub/#sesame"}) {
    const auto place = jupyter_place(text, 8888);
    ASSERT_FALSE(place) << text;
    if (std::string_view(text).find('@') == std::string_view::npos) {
      EXPECT_EQ(place.error().message().find("sesame"), std::string::npos) << place.error().message();
    }
    EXPECT_NE(place.error().message().find("JUPYTER_TOKEN"), std::string::npos);
  }
}

TEST(JupyterRequest, FilesComeInPiecesThatServersTake) {
  ExecutionRequest request;
  request.code = "print(1)";
  request.files["a/b.bin"] = std::string(5U << 20, '\xff');
  request.files["empty"] = "";
  const auto asked = jupyter_request(request, {*jupyter_place("hub", 8888), {}, false, {}, 1000});
  ASSERT_TRUE(asked);
  // The module, three pieces, the empty file, and the begin.
  EXPECT_EQ((*asked)["begin"].size(), 6U);
  for (const auto& code : (*asked)["begin"]) EXPECT_LT(code.get_ref<const std::string&>().size(), 4U << 20);
  EXPECT_EQ((*asked)["cells"][0]["source"], "print(1)");
}

TEST(JupyterRequest, WhatOnlyThisMachineHasIsRefused) {
  const JupyterWish wish{*jupyter_place("hub", 8888), {}, false, {}, 1000};
  ExecutionRequest packages, session, bash;
  packages.packages = {"numpy"};
  session.session = "s";
  bash.language = Language::bash;
  bash.env["A"] = "b";
  for (const ExecutionRequest* request : {&packages, &session, &bash}) {
    const auto asked = jupyter_request(*request, wish);
    ASSERT_FALSE(asked);
    EXPECT_EQ(asked.error().kind, rh::ErrorKind::usage);
  }
  bash.env.clear();
  ASSERT_TRUE(jupyter_request(bash, wish));
  EXPECT_TRUE((*jupyter_request(bash, wish))["begin"].empty());
}

}  // namespace
}  // namespace rh::agent
