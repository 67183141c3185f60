#include "runner/adapters/adapter.h"
