#include "collectors/sampling/sampler.h"
