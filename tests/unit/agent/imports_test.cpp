// What code imports, and the packages that have it.
#include "runner/agent/deps/imports.h"

#include <gtest/gtest.h>

#include "runner/agent/deps/package_names.h"

namespace rh::agent {
namespace {

std::vector<std::string> names(Language language, std::string_view code) {
  std::vector<std::string> all;
  for (const Import& import : imports_of(language, code)) all.push_back(import.name);
  return all;
}

using Names = std::vector<std::string>;

TEST(Imports, OfPythonWithoutTextsAndComments) {
  EXPECT_EQ(names(Language::python, R"(#!/usr/bin/env python3
"""import fake
from docstring import nothing"""
import os, numpy as np
from sklearn.linear_model import (
    LinearRegression,  # import no
)
import a.b.c; import yaml
# import commented
text = 'import quoted'
if True: import inline
try:
    import optional_one
except ImportError:
    optional_one = None
x = __import__("dynamic")
import importlib; importlib.import_module('late.part')
from . import sibling
from google.cloud import storage
important = 1
)"),
            (Names{"os", "numpy", "sklearn.linear_model", "a.b.c", "yaml", "inline", "optional_one", "dynamic",
                   "importlib", "late.part", ".", "google.cloud.storage"}));
}

TEST(Imports, OfPythonSayWhereAndWhetherTheyAreOptional) {
  const auto imports =
      imports_of(Language::python, "import a\ntry:\n    import b\nexcept ImportError:\n    pass\nimport c\n");
  ASSERT_EQ(imports.size(), 3U);
  EXPECT_EQ(imports[1].line, 3U);
  EXPECT_FALSE(imports[0].optional);
  EXPECT_TRUE(imports[1].optional);
  EXPECT_FALSE(imports[2].optional);
}

TEST(Imports, OfJavaScript) {
  constexpr std::string_view kCode = R"x(// require('no')
const fs = require("fs"), x = require('@scope/name/deep');
import express from 'express';
import 'side-effect';
export { y } from "./local.js";
const later = await import(`dayjs`);
const text = "require('quoted')"; other.require('method');
)x";
  EXPECT_EQ(names(Language::javascript, kCode),
            (Names{"fs", "@scope/name/deep", "express", "side-effect", "./local.js", "dayjs"}));
}

TEST(Imports, OfGoRustAndJava) {
  constexpr std::string_view kGo = "package main\nimport (\n\t\"fmt\"\n\tx \"github.com/a/b/c\"\n)\n";
  EXPECT_EQ(names(Language::go, kGo), (Names{"fmt", "github.com/a/b/c"}));
  constexpr std::string_view kRust = R"x(use std::io::{self, Read};
use serde::Deserialize;
mod own;
use own::thing;
fn main() { let v = serde_json::from_str("x::y"); i32::from_str("1"); }
)x";
  EXPECT_EQ(names(Language::rust, kRust), (Names{"std", "serde", "own", "serde_json"}));
  constexpr std::string_view kJava =
      "package a;\nimport java.util.*;\nimport static org.junit.Assert.assertEquals;\nclass X { String s = \"import "
      "no.one;\"; }";
  EXPECT_EQ(names(Language::java, kJava), (Names{"java.util.*", "org.junit.Assert.assertEquals"}));
}

TEST(Imports, OfBashAreTheCommandsItCalls) {
  EXPECT_EQ(names(Language::bash, R"x(#!/bin/bash
# curl in a comment
greet() { echo hi; }
X=1 jq . file.json | sort > out.txt
if grep -q a b; then greet; fi
for f in *.txt; do wc -l "$f"; done
y=$(date +%s)
echo "today $(hostname)"
cat <<EOF
not_a_command here
EOF
case $x in start) systemctl start;; esac
)x"),
            (Names{"echo", "jq", "sort", "grep", "wc", "date", "hostname", "cat", "systemctl"}));
}

TEST(PackageNames, DifferFromImports) {
  const auto python = [](std::string_view name) { return package_of_import(Language::python, name).value_or(""); };
  EXPECT_EQ(python("sklearn.svm"), "scikit-learn");
  EXPECT_EQ(python("cv2"), "opencv-python-headless");
  EXPECT_EQ(python("PIL.Image"), "pillow");
  EXPECT_EQ(python("yaml"), "pyyaml");
  EXPECT_EQ(python("bs4"), "beautifulsoup4");
  EXPECT_EQ(python("google.cloud.storage"), "google-cloud-storage");
  EXPECT_EQ(python("requests.adapters"), "requests");
  EXPECT_EQ(package_of_import(Language::javascript, "@scope/name/deep"), "@scope/name");
  EXPECT_EQ(package_of_import(Language::javascript, "lodash/fp"), "lodash");
  EXPECT_EQ(package_of_import(Language::go, "github.com/user/repo/pkg/x"), "github.com/user/repo");
  EXPECT_EQ(package_of_import(Language::go, "github.com/user/repo/v2/x"), "github.com/user/repo/v2");
  EXPECT_EQ(package_of_import(Language::go, "golang.org/x/text/language"), "golang.org/x/text");
  EXPECT_EQ(package_of_import(Language::go, "gopkg.in/yaml.v3"), "gopkg.in/yaml.v3");
  EXPECT_EQ(package_of_import(Language::rust, "tokio::sync"), "tokio");
  EXPECT_EQ(package_of_import(Language::java, "com.google.gson.Gson"), "com.google.code.gson:gson");
  EXPECT_EQ(package_of_import(Language::java, "com.example.Own"), std::nullopt);
  EXPECT_EQ(package_of_import(Language::bash, "dig"), "dnsutils");
}

TEST(PackageNames, TellWhatComesWithTheLanguage) {
  EXPECT_TRUE(is_standard(Language::python, "json.decoder"));
  EXPECT_FALSE(is_standard(Language::python, "numpy"));
  EXPECT_TRUE(is_standard(Language::javascript, "node:test"));
  EXPECT_TRUE(is_standard(Language::javascript, "fs/promises"));
  EXPECT_FALSE(is_standard(Language::javascript, "express"));
  EXPECT_TRUE(is_standard(Language::go, "encoding/json"));
  EXPECT_TRUE(is_standard(Language::rust, "std"));
  EXPECT_TRUE(is_standard(Language::java, "java.util.List"));
  EXPECT_TRUE(is_standard(Language::bash, "awk"));
  EXPECT_EQ(near_import(Language::python, "panda"), "pandas");
  EXPECT_EQ(near_import(Language::python, "numpy"), std::nullopt);
}

}  // namespace
}  // namespace rh::agent
