#include "collectors/coverage/merge.h"
