// An extension module that samples the allocations of CPython 3.8 and later: sitecustomize.py loads it into the
// program. It puts itself before the allocators of Python's memory and objects, looks at about one byte in
// kIntervalBytes (Poisson, as tcmalloc does) with the Python stack of that moment, and keeps what lived when the heap
// was the largest.
//
// Compiled without the headers of Python or of a C library, so that one file fits every version and every libc: what it
// uses of the first is its stable interface, and what it uses of the second has one form on x86-64 and arm64.
// Called with Python's lock held; interpreters with a lock of their own exclude each other by `busy`.
typedef unsigned long long u64;
typedef unsigned int u32;
typedef long long i64;
typedef u64 usize;

#define EXPORT __attribute__((visibility("default")))
#define WEAK __attribute__((weak))

// ---- what is used of Python
typedef struct object PyObject;
typedef struct {
  void* context;
  void* (*malloc)(void*, usize);
  void* (*calloc)(void*, usize, usize);
  void* (*realloc)(void*, void*, usize);
  void (*free)(void*, void*);
} Allocator;
typedef struct {
  const char* name;
  PyObject* (*call)(PyObject*, PyObject*);
  int flags;
  const char* doc;
} Method;
typedef struct {
  i64 references;
  void* type;
  void* init;
  i64 index;
  void* copy;
  const char* name;
  const char* doc;
  i64 size;
  Method* methods;
  void *slots, *traverse, *clear, *free;
} ModuleDefinition;

void PyMem_GetAllocator(int domain, Allocator*);
void PyMem_SetAllocator(int domain, Allocator*);
PyObject* PyModule_Create2(ModuleDefinition*, int);
PyObject* PyEval_GetFrame(void);
PyObject* PyFrame_GetBack(PyObject*) WEAK;
PyObject* PyFrame_GetCode(PyObject*) WEAK;
int PyFrame_GetLineNumber(PyObject*);
int PyGC_Disable(void) WEAK;
int PyGC_Enable(void) WEAK;
void Py_IncRef(PyObject*);
void Py_DecRef(PyObject*);
int Py_AddPendingCall(int (*)(void*), void*);
PyObject* PyObject_CallObject(PyObject*, PyObject*);
void PyErr_Clear(void);
PyObject* Py_BuildValue(const char*, ...);
PyObject* PyList_New(i64);
int PyList_Append(PyObject*, PyObject*);
const char* Py_GetVersion(void);

// ---- what is used of the C library
void* mmap(void*, usize, int, int, int, long);
struct timespec {
  long seconds, nanoseconds;
};
int clock_gettime(int, struct timespec*);

// ---- bounds: address space that is touched as far as it is used
enum {
  kIntervalBytes = 64 << 10,
  kMaxDepth = 64,
  kMaxSites = 1 << 16,
  kSiteSlots = 1 << 17,
  kMaxFrames = 1 << 21,
  kLiveSlots = 1 << 21,    // samples of 64 KiB: a heap of 100 GB
  kFilterSlots = 1 << 16,  // the upper 16 bits of spread()
};

typedef struct {
  PyObject* code;
  u32 line;
} Frame;
typedef struct {
  u64 hash;
  u32 first, depth;
  double live_bytes, live_count, total_bytes, total_count, peak_bytes, peak_count;
} Site;
typedef struct {
  void* at;
  u32 site;
  float count;
  double bytes;
} Live;

static Allocator below[3];
static Site* sites;
static u32* site_slots;  // index of a site plus one
static Frame* frames;
static Live* live;
static unsigned short* filter;
static u32 site_count, frame_count, live_count;
static double live_bytes, peak_bytes;
static u64 samples, lost, random_state;
static i64 until_sample, next_report_ns;
static volatile int busy;
static int enabled, minor, reported;
static PyObject* report;

static u64 hash_of(u64 value) {
  value ^= value >> 33;
  value *= 0xff51afd7ed558ccdULL;
  value ^= value >> 33;
  value *= 0xc4ceb9fe1a85ec53ULL;
  return value ^ (value >> 33);
}

static u64 next_random(void) {
  random_state ^= random_state << 13;
  random_state ^= random_state >> 7;
  random_state ^= random_state << 17;
  return random_state;
}

// exp(-x) for x >= 0: halved until the series is exact, then squared again.
static double exp_minus(double x) {
  if (x > 40) return 0;
  double part = x / 1024, power = 1 - part + part * part / 2 - part * part * part / 6;
  for (int i = 0; i < 10; ++i) power *= power;
  return power;
}

// ln(x) for x in (0, 1]: by the halves in x and a series of artanh.
static double natural_log(double x) {
  double halves = 0;
  while (x < 0.5) {
    x *= 2;
    halves += 1;
  }
  double t = (x - 1) / (x + 1), square = t * t;
  double series = t * (1 + square * (1.0 / 3 + square * (1.0 / 5 + square * (1.0 / 7 + square / 9))));
  return 2 * series - halves * 0.69314718055994530942;
}

static i64 draw_interval(void) {
  double uniform = ((double)(next_random() >> 11) + 1) / 9007199254740993.0;
  return (i64)(-natural_log(uniform) * kIntervalBytes) + 1;
}

static i64 now_ns(void) {
  struct timespec now;
  clock_gettime(6, &now);  // CLOCK_MONOTONIC_COARSE
  return now.seconds * 1000000000LL + now.nanoseconds;
}

// ---- stacks
// Up to 3.10 every call has its frame object, with its caller and its code at fixed places; since 3.11 they are made
// when asked for, which must not start a garbage collection in the middle of an allocation.
static u32 read_stack(Frame* to) {
  u32 depth = 0;
  PyObject* frame = PyEval_GetFrame();
  if (minor <= 10) {
    for (; frame && depth < kMaxDepth; frame = ((PyObject**)frame)[3]) {
      to[depth].code = ((PyObject**)frame)[4];
      to[depth++].line = (u32)PyFrame_GetLineNumber(frame);
    }
    return depth;
  }
  if (!PyFrame_GetBack || !PyFrame_GetCode || !PyGC_Disable || !PyGC_Enable) return 0;
  int collects = PyGC_Disable();
  if (frame) Py_IncRef(frame);
  while (frame && depth < kMaxDepth) {
    to[depth].code = PyFrame_GetCode(frame);
    Py_DecRef(to[depth].code);  // the frame holds it
    to[depth++].line = (u32)PyFrame_GetLineNumber(frame);
    PyObject* caller = PyFrame_GetBack(frame);
    Py_DecRef(frame);
    frame = caller;
  }
  if (frame) Py_DecRef(frame);
  if (collects) PyGC_Enable();
  return depth;
}

// The site of a stack, made if it is new; site 0 takes what no longer fits.
static u32 site_of(const Frame* stack, u32 depth) {
  u64 hash = depth;
  for (u32 i = 0; i < depth; ++i) hash = hash_of(hash ^ (u64)stack[i].code ^ ((u64)stack[i].line << 48));
  u64 slot = hash % kSiteSlots;
  for (; site_slots[slot]; slot = (slot + 1) % kSiteSlots) {
    Site* site = &sites[site_slots[slot] - 1];
    if (site->hash != hash || site->depth != depth) continue;
    u32 same = 0;
    while (same < depth && frames[site->first + same].code == stack[same].code &&
           frames[site->first + same].line == stack[same].line)
      ++same;
    if (same == depth) return site_slots[slot] - 1;
  }
  if (site_count >= kMaxSites || frame_count + depth > kMaxFrames) return 0;
  Site* site = &sites[site_count];
  site->hash = hash;
  site->first = frame_count;
  site->depth = depth;
  for (u32 i = 0; i < depth; ++i) {
    Py_IncRef(stack[i].code);  // it must not be another one at the same address later
    frames[frame_count++] = stack[i];
  }
  site_slots[slot] = ++site_count;
  return site_count - 1;
}

// ---- what lives
// Each free asks the filter: one multiplication (Knuth's) has to do.
static u64 spread(void* at) { return (u64)at * 0x9e3779b97f4a7c15ULL; }
static u64 live_slot(void* at) { return (spread(at) >> 20) % kLiveSlots; }
static u64 filter_slot(void* at) { return spread(at) >> 48; }

static void add_live(void* at, u32 site, double bytes, double count) {
  if (live_count > kLiveSlots / 4 * 3) {
    ++lost;
    return;
  }
  u64 slot = live_slot(at);
  while (live[slot].at) slot = (slot + 1) % kLiveSlots;
  live[slot].at = at;
  live[slot].site = site;
  live[slot].bytes = bytes;
  live[slot].count = (float)count;
  ++live_count;
  if (filter[filter_slot(at)] < 0xffff) ++filter[filter_slot(at)];
  sites[site].live_bytes += bytes;
  sites[site].live_count += count;
  live_bytes += bytes;
}

static void remove_live(void* at) {
  u64 slot = live_slot(at);
  while (live[slot].at && live[slot].at != at) slot = (slot + 1) % kLiveSlots;
  if (!live[slot].at) return;
  Site* site = &sites[live[slot].site];
  site->live_bytes -= live[slot].bytes;
  site->live_count -= live[slot].count;
  live_bytes -= live[slot].bytes;
  --live_count;
  if (filter[filter_slot(at)] < 0xffff) --filter[filter_slot(at)];
  // What lies behind and belongs before the gap moves into it.
  u64 gap = slot;
  for (u64 next = (gap + 1) % kLiveSlots; live[next].at; next = (next + 1) % kLiveSlots) {
    u64 home = live_slot(live[next].at);
    if ((next - home) % kLiveSlots < (next - gap) % kLiveSlots) continue;
    live[gap] = live[next];
    gap = next;
  }
  live[gap].at = 0;
}

static void keep_peak(void) {
  for (u32 i = 0; i < site_count; ++i) {
    sites[i].peak_bytes = sites[i].live_bytes;
    sites[i].peak_count = sites[i].live_count;
  }
  peak_bytes = live_bytes;
  reported = 0;
}

static int call_report(void* unused) {
  (void)unused;
  if (!report || !enabled) return 0;
  PyObject* result = PyObject_CallObject(report, 0);
  if (result)
    Py_DecRef(result);
  else
    PyErr_Clear();
  next_report_ns = now_ns() + 1000000000LL;
  return 0;
}

// ---- the allocators
static int enter(void) { return !__atomic_exchange_n(&busy, 1, __ATOMIC_ACQUIRE); }
static void leave(void) { __atomic_store_n(&busy, 0, __ATOMIC_RELEASE); }

static __attribute__((noinline)) void sample(void* at, usize size) {
  if (!enabled || !at || !enter()) return;
  until_sample = draw_interval();
  Frame stack[kMaxDepth];
  u32 site = site_of(stack, read_stack(stack));
  double chance = 1 - exp_minus((double)size / kIntervalBytes);
  if (chance <= 0) chance = (double)size / kIntervalBytes;
  double bytes = (double)size / chance, count = 1 / chance;
  ++samples;
  sites[site].total_bytes += bytes;
  sites[site].total_count += count;
  add_live(at, site, bytes, count);
  if (live_bytes > peak_bytes * 1.01) keep_peak();
  i64 now = now_ns();
  if (report && !reported && now >= next_report_ns) {
    reported = 1;
    next_report_ns = now + 1000000000LL;
    Py_AddPendingCall(call_report, 0);
  }
  leave();
}

static inline void count_bytes(void* at, usize size) {
  until_sample -= (i64)size;
  if (__builtin_expect(until_sample < 0, 0)) sample(at, size);
}

static inline void forget(void* at) {
  if (!at || !filter[filter_slot(at)]) return;
  if (!enter()) return;
  remove_live(at);
  leave();
}

static void* our_malloc(void* context, usize size) {
  Allocator* allocator = context;
  void* at = allocator->malloc(allocator->context, size);
  count_bytes(at, size);
  return at;
}

static void* our_calloc(void* context, usize count, usize size) {
  Allocator* allocator = context;
  void* at = allocator->calloc(allocator->context, count, size);
  count_bytes(at, count * size);
  return at;
}

static void* our_realloc(void* context, void* old, usize size) {
  Allocator* allocator = context;
  void* at = allocator->realloc(allocator->context, old, size);
  if (!at) return at;
  forget(old);
  count_bytes(at, size);
  return at;
}

static void our_free(void* context, void* at) {
  Allocator* allocator = context;
  forget(at);
  allocator->free(allocator->context, at);
}

// ---- the module
static void* reserve(usize size) {
  enum { kRead = 1, kWrite = 2, kPrivate = 2, kAnonymous = 0x20, kNoReserve = 0x4000 };
  void* at = mmap(0, size, kRead | kWrite, kPrivate | kAnonymous | kNoReserve, -1, 0);
  return at == (void*)-1 ? 0 : at;
}

// start(report): `report` is called about once a second while the heap grows.
static PyObject* start(PyObject* self, PyObject* callable) {
  (void)self;
  if (sites) return Py_BuildValue("i", 0);
  site_slots = reserve(sizeof *site_slots * kSiteSlots);
  frames = reserve(sizeof *frames * kMaxFrames);
  live = reserve(sizeof *live * kLiveSlots);
  filter = reserve(sizeof *filter * kFilterSlots);
  sites = reserve(sizeof *sites * kMaxSites);
  if (!site_slots || !frames || !live || !filter || !sites) return Py_BuildValue("i", 0);
  for (const char* at = Py_GetVersion() + 2; *at >= '0' && *at <= '9'; ++at) minor = minor * 10 + (*at - '0');
  struct timespec now;
  clock_gettime(1, &now);
  random_state = hash_of((u64)now.nanoseconds ^ ((u64)now.seconds << 30)) | 1;
  until_sample = draw_interval();
  site_count = 1;  // site 0: what does not fit, and what runs without a Python frame
  Py_IncRef(callable);
  if (minor > 8) report = callable;  // 3.8 complains on stderr of calls that are asked for while it ends
  next_report_ns = now_ns() + 200000000LL;
  enabled = 1;
  for (int domain = 1; domain <= 2; ++domain) {  // memory, objects
    PyMem_GetAllocator(domain, &below[domain]);
    Allocator ours = {&below[domain], our_malloc, our_calloc, our_realloc, our_free};
    PyMem_SetAllocator(domain, &ours);
  }
  return Py_BuildValue("i", 1);
}

// A child after fork: what it allocates itself counts.
static PyObject* restart(PyObject* self, PyObject* unused) {
  (void)self, (void)unused;
  for (u32 i = 0; i < kLiveSlots && live_count; ++i)
    if (live[i].at) {
      live[i].at = 0;
      --live_count;
    }
  for (u32 i = 0; i < kFilterSlots; ++i) filter[i] = 0;
  for (u32 i = 0; i < site_count; ++i) {
    Site* site = &sites[i];
    site->live_bytes = site->live_count = site->total_bytes = site->total_count = site->peak_bytes = site->peak_count =
        0;
  }
  live_bytes = peak_bytes = 0;
  samples = lost = 0;
  reported = 0;
  enabled = 1;
  leave();
  return Py_BuildValue("");
}

static PyObject* stop(PyObject* self, PyObject* unused) {
  (void)self, (void)unused;
  enabled = 0;
  return Py_BuildValue("");
}

// (peak bytes, samples, lost samples, [(peak bytes, peak count, total bytes, total count, [(code, line)...])...]),
// the innermost call first.
static PyObject* snapshot(PyObject* self, PyObject* unused) {
  (void)self, (void)unused;
  if (!enter()) return Py_BuildValue("");
  if (live_bytes > peak_bytes) keep_peak();
  reported = 1;
  PyObject* list = PyList_New(0);
  for (u32 i = 0; list && i < site_count; ++i) {
    Site* site = &sites[i];
    if (site->total_bytes <= 0) continue;
    PyObject* stack = PyList_New(0);
    for (u32 k = 0; stack && k < site->depth; ++k) {
      PyObject* frame = Py_BuildValue("OI", frames[site->first + k].code, frames[site->first + k].line);
      if (!frame || PyList_Append(stack, frame)) PyErr_Clear();
      if (frame) Py_DecRef(frame);
    }
    PyObject* entry =
        Py_BuildValue("ddddN", site->peak_bytes, site->peak_count, site->total_bytes, site->total_count, stack);
    if (!entry || PyList_Append(list, entry)) PyErr_Clear();
    if (entry) Py_DecRef(entry);
  }
  leave();
  return Py_BuildValue("dKKN", peak_bytes, samples, lost, list);
}

static Method methods[] = {{"start", start, 8, 0},      // METH_O
                           {"restart", restart, 4, 0},  // METH_NOARGS
                           {"stop", stop, 4, 0},
                           {"snapshot", snapshot, 4, 0},
                           {0, 0, 0, 0}};
static ModuleDefinition definition = {1, 0, 0, 0, 0, "rh_allocations", 0, -1, methods, 0, 0, 0, 0};

EXPORT PyObject* PyInit_rh_allocations(void) {
  enum { kStableInterface = 3 };
  return PyModule_Create2(&definition, kStableInterface);
}
