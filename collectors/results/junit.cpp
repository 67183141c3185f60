#include "collectors/results/reader.h"
