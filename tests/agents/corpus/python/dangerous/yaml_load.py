import yaml
yaml.load(text, Loader=yaml.Loader)
