// Makes the page of a made-up profile, for the tests in a browser: render_profile PAGE.html [usual | varied | hostile |
// empty] [SAMPLES].
#include <charconv>
#include <string_view>

#include <fmt/core.h>

#include "profiles/analysis/summary.h"
#include "reporters/profile/html.h"
#include "runner/base/file.h"
#include "tests/browser/profile_fixture.h"

namespace {

constexpr std::size_t kSamples = 60'000;

rh::browser::ProfileFixture fixture_of(std::string_view name, std::size_t samples) {
  if (name == "hostile") return rh::browser::hostile_profile();
  if (name == "empty") return rh::browser::empty_profile();
  return rh::browser::usual_profile(samples, name == "varied");
}

rh::Result<void> render(const rh::browser::ProfileFixture& fixture, const char* path) {
  RH_TRY(const std::string page, rh::reporters::render_profile_html(
                                     fixture.profile, rh::profiles::summarize(fixture.profile), fixture.sources));
  return rh::write_file(path, page);
}

}  // namespace

int main(int argc, char** argv) {
  std::size_t samples = kSamples;
  if (argc > 3) {
    const std::string_view text = argv[3];
    if (std::from_chars(text.data(), text.data() + text.size(), samples).ec != std::errc{}) argc = 0;
  }
  if (argc < 2 || argc > 4) {
    fmt::print(stderr, "usage: render_profile PAGE.html [usual | varied | hostile | empty] [SAMPLES]\n");
    return 2;
  }
  const auto done = render(fixture_of(argc > 2 ? argv[2] : "usual", samples), argv[1]);
  if (!done) fmt::print(stderr, "render_profile: {}\n", done.error().message());
  return done ? 0 : 1;
}
