#include "tests/bench/junit_peers.h"

#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <string_view>

#ifdef RH_HAVE_TINYXML2
#include <tinyxml2.h>
#endif
#ifdef RH_HAVE_PUGIXML
#include <pugixml.hpp>
#endif
#ifdef RH_HAVE_EXPAT
#include <expat.h>
#endif

namespace rh::bench {

#ifdef RH_HAVE_TINYXML2
namespace {
void walk(const tinyxml2::XMLElement* element, Totals& totals) {
  for (; element != nullptr; element = element->NextSiblingElement()) {
    if (std::strcmp(element->Name(), "testcase") != 0) {
      walk(element->FirstChildElement(), totals);
      continue;
    }
    ++totals.total;
    totals.seconds += element->DoubleAttribute("time");
    totals.failed += element->FirstChildElement("failure") || element->FirstChildElement("error") ? 1 : 0;
    totals.skipped += element->FirstChildElement("skipped") != nullptr ? 1 : 0;
  }
}
}  // namespace

Totals read_by_tinyxml2(const char* path) {
  tinyxml2::XMLDocument document;
  Totals totals;
  if (document.LoadFile(path) == tinyxml2::XML_SUCCESS) walk(document.FirstChildElement(), totals);
  return totals;
}
#endif

#ifdef RH_HAVE_PUGIXML
namespace {
void walk(const pugi::xml_node& parent, Totals& totals) {
  for (const pugi::xml_node& element : parent.children()) {
    if (std::strcmp(element.name(), "testcase") != 0) {
      walk(element, totals);
      continue;
    }
    ++totals.total;
    totals.seconds += element.attribute("time").as_double();
    totals.failed += element.child("failure") || element.child("error") ? 1 : 0;
    totals.skipped += element.child("skipped") ? 1 : 0;
  }
}
}  // namespace

Totals read_by_pugixml(const char* path) {
  pugi::xml_document document;
  Totals totals;
  if (document.load_file(path)) walk(document, totals);
  return totals;
}
#endif

#ifdef RH_HAVE_EXPAT
namespace {
struct Counting {
  Totals totals;
  bool failed = false, skipped = false;
};

void start(void* data, const XML_Char* name, const XML_Char** attributes) {
  Counting& counting = *static_cast<Counting*>(data);
  const std::string_view element = name;
  if (element == "testcase") {
    ++counting.totals.total;
    for (; *attributes != nullptr; attributes += 2)
      if (std::strcmp(attributes[0], "time") == 0) counting.totals.seconds += std::strtod(attributes[1], nullptr);
  } else if (element == "failure" || element == "error") {
    counting.failed = true;
  } else if (element == "skipped") {
    counting.skipped = true;
  }
}

void end(void* data, const XML_Char* name) {
  if (std::strcmp(name, "testcase") != 0) return;
  Counting& counting = *static_cast<Counting*>(data);
  counting.totals.failed += counting.failed ? 1 : 0;
  counting.totals.skipped += counting.skipped ? 1 : 0;
  counting.failed = counting.skipped = false;
}
}  // namespace

Totals read_by_expat(const char* path) {
  constexpr int kWindow = 256 << 10;
  Counting counting;
  const XML_Parser parser = XML_ParserCreate(nullptr);
  XML_SetUserData(parser, &counting);
  XML_SetElementHandler(parser, start, end);
  const int fd = open(path, O_RDONLY | O_CLOEXEC);
  for (;;) {
    void* const window = XML_GetBuffer(parser, kWindow);
    const ssize_t count = read(fd, window, kWindow);
    if (count < 0 || XML_ParseBuffer(parser, static_cast<int>(count), count == 0) == XML_STATUS_ERROR || count == 0)
      break;
  }
  close(fd);
  XML_ParserFree(parser);
  return counting.totals;
}
#endif

}  // namespace rh::bench
