// Code in a kernel of its own on a Jupyter server: the kernel is started, runs cell after cell, is interrupted when
// time is up or nobody wants the answer any more, and deleted. What happens meanwhile is told as events
// (jupyter_events.h). Protocol: https://jupyter-client.readthedocs.io/en/stable/messaging.html (5.3), and the REST API
// of jupyter_server.
#pragma once

#include <functional>

#include <nlohmann/json_fwd.hpp>

#include "runner/agent/jupyter/wire.h"

namespace rh::agent {

class KernelRun {
 public:
  // `request`: as jupyter_events.h says; it outlives the run. `tell`: is given each event.
  KernelRun(const nlohmann::json& request, Wire& wire, std::function<void(const nlohmann::json&)> tell);
  // Errors: not_found (no such kernel), io (the server), limit, cancelled before the code began. However code that
  // began ended is told as an event.
  [[nodiscard]] Result<void> run();

 private:
  enum class Ending { ok, error, timeout, cancelled, died, output_limit, lost };
  struct Reply;
  struct Waiting;  // for the end of one piece of code

  [[nodiscard]] Result<std::string> choose_kernel();
  [[nodiscard]] Result<nlohmann::json> ask(const std::string& verb, const std::string& path, const std::string& body,
                                           Deadline deadline, const char* what);
  [[nodiscard]] Result<void> start();
  [[nodiscard]] Result<void> wait_until_ready();
  [[nodiscard]] Result<void> run_code();
  void run_cells();
  void take_after();
  void remove_kernel();
  // `parent`: the header of the message that it answers; null: it answers none.
  [[nodiscard]] Result<std::string> send(const char* channel, const char* type, const nlohmann::json& content,
                                         const nlohmann::json* parent = nullptr);
  // Code whose output is not told.
  [[nodiscard]] Reply run_quietly(const std::string& code, const nlohmann::json& expressions, Deadline deadline);
  [[nodiscard]] Reply execute(const nlohmann::json& content, Deadline deadline, bool quiet);
  void take_message(const std::string& text, Waiting& waiting);
  void take_output(const std::string& type, const nlohmann::json& content, Waiting& waiting);
  void answer_input(const nlohmann::json& message);
  void interrupt();

  const nlohmann::json& request_;
  Wire& wire_;
  std::function<void(const nlohmann::json&)> tell_;
  std::string kernel_name_, kernel_id_, session_, version_;
  unsigned messages_ = 0;
  std::uint64_t output_left_ = 0;
  std::size_t input_at_ = 0;
  Deadline deadline_{};
  bool after_death_ = false;  // of the kernel, which servers may start again
  bool usable_ = true;        // the kernel is there and waits for code
};

}  // namespace rh::agent
