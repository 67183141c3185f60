// What the guest's programs do to their limits: the same executable, started with "act NAME ARGS".
#pragma once

namespace rh::vm {

// Does the act that the arguments name and returns its exit code.
int run_act(int argc, char** argv);

}  // namespace rh::vm
