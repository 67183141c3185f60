from string import Template
print(Template("$a").substitute(a=1), "{} {}".format(1, 2), "%s" % "x")
