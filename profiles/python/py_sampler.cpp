#include "profiles/python/py_sampler.h"

#include "profiles/python/process_sampler.h"

namespace rh::profiles {
namespace {

class PyProfiler final : public Profiler {
 public:
  explicit PyProfiler(ProfileBuilder& builder) : builder_(builder) {}

  [[nodiscard]] std::string_view name() const override { return "py-sample"; }

  [[nodiscard]] std::unique_ptr<ProcessSampler> adopt(const ProcessImage& image) override {
    python::RemoteMemory memory(image.pid);
    python::RuntimeLocation location = python::locate_runtime(memory);
    switch (location.presence) {
      case python::Presence::foreign:
        return nullptr;
      case python::Presence::refused:
        builder_.process(image.process).unprofiled_reason = location.reason;
        return nullptr;
      case python::Presence::expected:
      case python::Presence::found:
        break;
    }
    return std::make_unique<python::PySampler>(image.pid, image.process, std::move(location), builder_);
  }

 private:
  ProfileBuilder& builder_;
};

}  // namespace

std::unique_ptr<Profiler> make_py_sampler(const RecordingOptions& options, ProfileBuilder& builder) {
  (void)options;
  return std::make_unique<PyProfiler>(builder);
}

}  // namespace rh::profiles
