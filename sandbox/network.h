// The network namespace: nothing in it but a loopback interface.
#pragma once

namespace rh::sandbox {

// In the child, inside its own network namespace; false leaves errno.
[[nodiscard]] bool bring_up_loopback();

}  // namespace rh::sandbox
