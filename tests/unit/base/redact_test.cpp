#include "runner/base/redact.h"

#include <gtest/gtest.h>

#include <random>

#include <fmt/core.h>

namespace rh {
namespace {

// Put together here, so that no scanner takes this file for a leak.
std::string of(const std::string& prefix, std::size_t length, const std::string& from = "a1B2c3D4e5F6g7H8i9J0") {
  std::string text = prefix;
  for (std::size_t i = 0; i < length; ++i) text += from[i % from.size()];
  return text;
}
const std::string kGithub = of("ghp_", 36);
const std::string kAws = of("AKIA", 16, "ABCDEFGH23456789");
const std::string kJwtToken =
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U";
const std::string kPemBlock = "-----BEGIN RSA PRIVATE KEY-----\n" + of("MII", 61) + "\n" + of("xyz", 61) +
                              "\nabc=\n-----END RSA PRIVATE KEY-----";

const std::vector<NamedSecret> kNone, kKnown = {{"API_KEY", "abcdefghij"}};

std::string redacted(std::string_view text, const std::vector<NamedSecret>& values = {}) {
  return Secrets(values).redact(text);
}

TEST(Redact, KnownShapes) {
  const std::vector<std::pair<std::string, std::string>> tokens = {
      {kGithub, "github-token"},
      {of("gho_", 36), "github-token"},
      {of("github_pat_", 82), "github-token"},
      {of("glpat-", 20), "gitlab-token"},
      {kAws, "aws-access-key"},
      {of("xoxb-", 40), "slack-token"},
      {of("AIza", 35), "google-api-key"},
      {of("npm_", 36), "npm-token"},
      {of("pypi-AgEIcHlwaS5vcmc", 60), "pypi-token"},
      {kJwtToken, "jwt"},
      {kPemBlock, "private-key"},
      {of("sk-ant-", 40), "api-key"},
      {of("sk_live_", 24), "stripe-key"},
  };
  for (const auto& [token, label] : tokens) {
    EXPECT_EQ(redacted(token), "[redacted:" + label + "]") << token;
    EXPECT_EQ(redacted("x = " + token + "\nnext"), "x = [redacted:" + label + "]\nnext");
    EXPECT_EQ(redacted("{\"a\":\"line\\n" + token + "\\nnext\"}"), "{\"a\":\"line\\n[redacted:" + label + "]\\nnext\"}")
        << "written as JSON";
  }
}

TEST(Redact, HeadersAndUrlsKeepWhatIsNoSecret) {
  EXPECT_EQ(redacted("Authorization: Bearer abcdef123456"), "Authorization: Bearer [redacted:authorization]");
  EXPECT_EQ(redacted("{'authorization': 'Basic dXNlcjpwYXNz'}"), "{'authorization': 'Basic [redacted:authorization]'}");
  EXPECT_EQ(redacted(R"(\"Authorization\":\"token 0123456789abcdef\")"),
            R"(\"Authorization\":\"token [redacted:authorization]\")");
  EXPECT_EQ(redacted("curl -H 'Bearer 0123456789abcdefgh'"), "curl -H 'Bearer [redacted:authorization]'");
  EXPECT_EQ(redacted("postgres://admin:s3cret@db:5432/x"), "postgres://admin:[redacted:url-password]@db:5432/x");
  EXPECT_EQ(redacted("redis://:pw@host"), "redis://:[redacted:url-password]@host");
}

TEST(Redact, OrdinaryTextStays) {
  const std::vector<std::string> texts = {
      "",
      "g",
      "ghp_tooshort",
      "the key of the bearer authentication is required",
      "Authorization: required by the server",
      "http://localhost:8080/path?x=a@b and https://example.com/@scope/name",
      "http://[::1]:8080/ mailto:someone@example.com",
      "postgres://user:***@db postgres://user:$PASSWORD@db",
      "NAKIAABCDEFGH23456789 AKIAABCDEFGH234567890",
      "eyJust a word. eyJhbGciOiJIUzI1NiJ9 alone",
      "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----",
      "-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----",
      "npm_config_cache=/root/.npm npm_lifecycle_event=test pypi-server hf_hub",
      "https://registry.npmjs.org/left-pad/-/left-pad-1.3.0.tgz",
      std::string("\0\xff\x80 bytes \x1b[31m", 15),
  };
  for (const std::string& text : texts) EXPECT_EQ(redacted(text), text);
}

TEST(Redact, ProseBehindTheFirstLineOfAKeyStays) {
  EXPECT_EQ(redacted("expected -----BEGIN PRIVATE KEY----- at the start of the file\nsecond line"),
            "expected [redacted:private-key] the start of the file\nsecond line");
  EXPECT_EQ(redacted("(\"-----BEGIN PRIVATE KEY-----\") is missing"), "(\"[redacted:private-key]\") is missing");
}

TEST(Redact, KeysInOtherClothes) {
  std::string escaped, indented;
  for (const char c : kPemBlock) {
    escaped += c == '\n' ? std::string("\\n") : std::string(1, c);
    indented += c == '\n' ? std::string("\n    ") : std::string(1, c);
  }
  EXPECT_EQ(redacted("{\"key\":\"" + escaped + "\\n\"}"), "{\"key\":\"[redacted:private-key]\\n\"}");
  EXPECT_EQ(redacted("key: |\n    " + indented + "\nnext: 1"), "key: |\n    [redacted:private-key]\nnext: 1");
  std::string encrypted = kPemBlock;
  encrypted.insert(encrypted.find('\n') + 1, "Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,0011\n\n");
  const std::string hidden = redacted(encrypted + "\nafter that");
  EXPECT_EQ(hidden.find("MII"), std::string::npos);
  EXPECT_NE(hidden.find("after that"), std::string::npos);
}

TEST(Redact, KnownValues) {
  const std::vector<NamedSecret> values = {
      {"DEPLOY_TOKEN", "correct horse \"battery\""}, {"SHORT_KEY", "1234567"}, {"OTHER_KEY", "correct horse"}};
  EXPECT_EQ(redacted("say correct horse \"battery\" now", values), "say [redacted:DEPLOY_TOKEN] now") << "the longest";
  EXPECT_EQ(redacted("a correct horse here", values), "a [redacted:OTHER_KEY] here");
  EXPECT_EQ(redacted(R"("correct horse \"battery\"")", values), R"("[redacted:DEPLOY_TOKEN]")") << "as JSON";
  EXPECT_EQ(redacted("?t=correct%20horse%20%22battery%22&x", values), "?t=[redacted:DEPLOY_TOKEN]&x");
  EXPECT_EQ(redacted("1234567", values), "1234567") << "too short to be looked for";
  EXPECT_EQ(redacted("Y29ycmVjdCBob3JzZSAiYmF0dGVyeSI=", values), "[redacted:DEPLOY_TOKEN]eSI=") << "base64";
}

TEST(Redact, ValuesAsToolsWriteThem) {
  const std::string value = "it's a \"back\\slash\"\nand more";
  const std::vector<std::string> written = {
      R"(it's a "back\\slash"\nand more)",           // a pytest id
      R"('it\'s a "back\\slash"\nand more')",        // repr()
      R"(it's a \"back\\slash\"\nand more)",         // JSON
      R"(it's a \\\"back\\\\slash\\\"\\nand more)",  // JSON in JSON
      R"(it's a \"back\\\\slash\"\\nand more)",      // a pytest id in JSON
  };
  for (const std::string& text : written)
    EXPECT_NE(redacted(text, {{"TOKEN", value}}).find("[redacted:TOKEN]"), std::string::npos) << text;
}

TEST(Redact, LinesOfALongValue) {
  const std::vector<NamedSecret> values = {{"SIGNING_KEY", kPemBlock}};
  EXPECT_EQ(redacted("E   " + of("xyz", 61), values), "E   [redacted:SIGNING_KEY]");
  const std::string huge = of("", 20'000);
  EXPECT_EQ(redacted("<" + huge + ">", {{"BIG_TOKEN", huge}}).find("a1B2c3D4"), std::string::npos);
}

TEST(Redact, CountsByName) {
  const Secrets secrets(kKnown);
  EXPECT_TRUE(secrets.found().empty());
  EXPECT_EQ(secrets.redact("abcdefghij " + kGithub + " abcdefghij"),
            "[redacted:API_KEY] [redacted:github-token] [redacted:API_KEY]");
  EXPECT_EQ(secrets.found(), (std::vector<std::pair<std::string, std::uint64_t>>{{"API_KEY", 2}, {"github-token", 1}}));
}

TEST(Redact, OnceIsEnough) {
  const std::vector<NamedSecret>& values = kKnown;
  const std::string once = redacted(
      "abcdefghij " + kGithub + " x://u:password1@h Authorization: Bearer " + kGithub + " " + kPemBlock + kJwtToken,
      values);
  const Secrets secrets(values);
  EXPECT_EQ(secrets.redact(once), once);
  EXPECT_TRUE(secrets.found().empty());
}

TEST(Redact, MaskKeepsEveryOffset) {
  const Secrets secrets(kKnown);
  const std::string text = "1 abcdefghij 2 " + kGithub + kGithub + " 3 " + kPemBlock + " 4 " + of("glpat-", 300) + " 5";
  Redactor redactor(secrets, Redactor::Form::mask);
  std::string out;
  redactor.feed(text, out);
  redactor.finish(out);
  ASSERT_EQ(out.size(), text.size());
  for (const char digit : {'1', '2', '3', '4', '5'})
    EXPECT_EQ(out.find(std::string(" ") + digit), text.find(std::string(" ") + digit));
  EXPECT_EQ(out.find("a1B2"), std::string::npos);
  EXPECT_EQ(out.find("abcdefghij"), std::string::npos);
}

// Any cut of the text into pieces gives the same bytes.
TEST(Redact, AnySplitGivesTheSame) {
  constexpr unsigned kSeed = 20240607;
  std::mt19937 random(kSeed);
  const Secrets secrets(std::vector<NamedSecret>{kKnown.front(), {"LONG_SECRET", of("q", 700)}});
  const std::vector<std::string> pieces = {"abcdefghij",
                                           of("q", 700),
                                           kGithub,
                                           kAws,
                                           kJwtToken,
                                           kPemBlock,
                                           "x://u:pass@h ",
                                           "Authorization: Bearer abcdefghi1234567 ",
                                           " ",
                                           "\n",
                                           "gh",
                                           "AKI",
                                           "abcdefghi",
                                           "://a:",
                                           "-----BEGIN ",
                                           "\\n",
                                           "eyJ",
                                           "plain text ",
                                           "Bearer "};
  for (int round = 0; round < 300; ++round) {
    std::string text;
    for (int i = 0; i < 12; ++i) text += pieces[random() % pieces.size()];
    const std::string whole = secrets.redact(text);
    Redactor redactor(secrets);
    std::string parts;
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t length = 1 + random() % 60;
      redactor.feed(std::string_view(text).substr(at, length), parts);
      at += length;
    }
    redactor.finish(parts);
    ASSERT_EQ(parts, whole) << "seed " << kSeed << ", round " << round << ": " << text;
  }
}

TEST(Redact, HoldsBackLittle) {
  const Secrets secrets(kNone);
  Redactor redactor(secrets);
  std::string out;
  for (int i = 0; i < 1000; ++i) redactor.feed(std::string(4096, 'a'), out);
  EXPECT_GE(out.size(), 4'096'000U - 1);
  out.clear();
  redactor.feed(" eyJ", out);
  for (int i = 0; i < 1000; ++i) redactor.feed(std::string(4096, 'a'), out);
  EXPECT_GE(out.size(), 4'096'000U - 2 * 4096) << "a header without an end is no header";
}

TEST(Redact, NamesThatHoldSecrets) {
  for (const char* name : {"GITHUB_TOKEN",
                           "API_KEY",
                           "apiKey",
                           "DB_PASSWORD",
                           "PGPASSWORD",
                           "MYSQL_PASSWD",
                           "CLIENT_SECRET",
                           "SESSION_COOKIE",
                           "npm_config__authToken",
                           "BASIC_AUTH",
                           "AWS_SECRET_ACCESS_KEY",
                           "AWS_SESSION_TOKEN",
                           "AWS_WHATEVER",
                           "DEPLOY_KEY",
                           "SSH_PRIVATE_KEY",
                           "GOOGLE_CREDENTIALS",
                           "DB_PASS",
                           "SSHPASS",
                           "GPG_PASSPHRASE",
                           "my-secret"})
    EXPECT_TRUE(names_a_secret(name)) << name;
  for (const char* name : {"PATH", "HOME", "KEYBOARD", "KEYBOARD_LAYOUT", "MONKEY", "GIT_AUTHOR_NAME", "AUTHOR",
                           "XAUTHORITY", "SSH_AUTH_SOCK", "AWS_REGION", "AWS_PROFILE", "TOKENIZERS_PARALLELISM",
                           "GOOGLE_APPLICATION_CREDENTIALS_FILE", "SECRET_TTL", "PWD", "COMPASS", "LANG"})
    EXPECT_FALSE(names_a_secret(name)) << name;
}

}  // namespace
}  // namespace rh
