import numpy as np
import pandas as pd

df = pd.DataFrame({"a": np.arange(3)})
print(df.describe(), df.eval("a + 1"), df.to_csv())
