#include "runner/agent/generate/providers.h"

#include <algorithm>

namespace rh::agent {
namespace {

struct ProviderRow {
  const char *name, *url, *model, *key_variable;
};

// The models are what is used without a choice; each service replaces its own from time to time, so that
// generation.model or --model names the one that is wanted.
constexpr ProviderRow kProviders[] = {
    {"openai", "https://api.openai.com/v1", "gpt-4o-mini", "OPENAI_API_KEY"},
    {"gemini", "https://generativelanguage.googleapis.com/v1beta/openai", "gemini-2.5-flash", "GEMINI_API_KEY"},
    {"groq", "https://api.groq.com/openai/v1", "llama-3.3-70b-versatile", "GROQ_API_KEY"},
    {"openrouter", "https://openrouter.ai/api/v1", "openai/gpt-4o-mini", "OPENROUTER_API_KEY"},
    {"mistral", "https://api.mistral.ai/v1", "codestral-latest", "MISTRAL_API_KEY"},
    {"deepseek", "https://api.deepseek.com/v1", "deepseek-chat", "DEEPSEEK_API_KEY"},
    {"together", "https://api.together.xyz/v1", "Qwen/Qwen2.5-Coder-32B-Instruct", "TOGETHER_API_KEY"},
    {"ollama", "http://127.0.0.1:11434/v1", "qwen2.5-coder", ""},
    {"local", "http://127.0.0.1:8000/v1", "local", ""},
};

bool has_key(const Provider& provider, const model::Environment& environment) {
  const auto found = environment.find(provider.key_variable);
  return !provider.key_variable.empty() && found != environment.end() && !found->second.empty();
}

}  // namespace

std::vector<Provider> all_providers(const GenerationSettings& settings) {
  std::vector<Provider> all = settings.providers;
  for (const ProviderRow& row : kProviders)
    if (std::none_of(all.begin(), all.end(), [&](const Provider& one) { return one.name == row.name; }))
      all.push_back({row.name, row.url, row.model, row.key_variable});
  return all;
}

std::optional<Provider> provider_named(const GenerationSettings& settings, std::string_view name) {
  for (Provider& provider : all_providers(settings))
    if (provider.name == name) return std::move(provider);
  return std::nullopt;
}

std::string provider_list(const GenerationSettings& settings) {
  std::string list;
  for (const Provider& provider : all_providers(settings)) list += (list.empty() ? "" : ", ") + provider.name;
  return list;
}

std::optional<Provider> chosen_provider(const GenerationSettings& settings, std::string_view name,
                                        const model::Environment& environment) {
  if (name.empty()) name = settings.provider;
  if (name.starts_with("http://") || name.starts_with("https://"))
    return Provider{"custom", std::string(name), "", "RUNHARNESS_API_KEY"};
  if (!name.empty()) return provider_named(settings, name);
  for (Provider& provider : all_providers(settings))
    if (has_key(provider, environment)) return std::move(provider);
  return std::nullopt;
}

}  // namespace rh::agent
