// A program without shared libraries loads none later either. SQLite's extensions are the only caller; the linker sends
// it here (--wrap=dlopen), because the C library's own function would want its shared twin on the machine.
extern "C" void* __wrap_dlopen(const char* file, int flags);
extern "C" void* __wrap_dlopen(const char*, int) { return nullptr; }
