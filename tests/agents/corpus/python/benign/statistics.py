import statistics, math
from collections import Counter, defaultdict
d = [1, 2, 3]
print(statistics.mean(d), math.sqrt(2), Counter("aab"), defaultdict(list))
