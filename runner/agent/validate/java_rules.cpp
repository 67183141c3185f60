// What Java code can do to the machine, by full names: "X.new" constructs, "X.m" is static, "X().m" a method.
#include "runner/agent/validate/java_rules.h"

#include <unordered_map>

namespace rh::agent {
namespace {

using C = RuleClass;
using S = Severity;

constexpr RuleRow kFiles[]{
    {"java.io.FileWriter.new", C::file_write},
    {"java.io.FileOutputStream.new", C::file_write},
    {"java.util.logging.FileHandler.new", C::file_write},
    {"java.nio.file.Files.write", C::file_write},
    {"java.nio.file.Files.writeString", C::file_write},
    {"java.nio.file.Files.newBufferedWriter", C::file_write},
    {"java.nio.file.Files.newOutputStream", C::file_write},
    {"java.nio.file.Files.createFile", C::file_write},
    {"java.nio.file.Files.createDirectory", C::file_write},
    {"java.nio.file.Files.createDirectories", C::file_write},
    {"java.nio.file.Files.createTempFile", C::file_write, S::warn},
    {"java.nio.file.Files.createTempDirectory", C::file_write, S::warn},
    {"java.nio.file.Files.createLink", C::file_write},
    {"java.nio.file.Files.createSymbolicLink", C::file_write},
    {"java.nio.file.Files.copy", C::file_write},
    {"java.nio.file.Files.setPosixFilePermissions", C::file_write},
    {"java.nio.file.Files.setAttribute", C::file_write},
    {"java.nio.file.Files.setLastModifiedTime", C::file_write},
    {"java.nio.file.Files.setOwner", C::file_write},
    {"java.nio.file.Files.delete", C::file_delete},
    {"java.nio.file.Files.deleteIfExists", C::file_delete},
    {"java.nio.file.Files.move", C::file_delete},
    {"java.io.File().delete", C::file_delete},
    {"java.io.File().deleteOnExit", C::file_delete},
    {"java.io.File().renameTo", C::file_delete},
    {"java.io.File().mkdir", C::file_write},
    {"java.io.File().mkdirs", C::file_write},
    {"java.io.File().createNewFile", C::file_write},
    {"java.io.File().setWritable", C::file_write},
    {"java.io.File().setExecutable", C::file_write},
    {"java.io.File().setReadable", C::file_write},
    {"java.io.File().setReadOnly", C::file_write},
    {"java.io.File().setLastModified", C::file_write},
    {"java.io.File.createTempFile", C::file_write, S::warn},
    {"java.util.zip.ZipFile.new", C::file_write, S::off},
    {"org.apache.commons.io.FileUtils.*", C::file_write},
    {"org.apache.commons.io.FileUtils.readFileToString", C::file_write, S::off},
    {"org.apache.commons.io.FileUtils.deleteDirectory", C::file_delete},
    {"javax.imageio.ImageIO.write", C::file_write},
    {"java.util.prefs.Preferences.*", C::file_write, S::warn},
};

constexpr RuleRow kNetwork[]{
    {"java.net.*", C::network},
    {"java.net.URI.*", C::network, S::off},
    {"java.net.URL.*", C::network, S::off},
    {"java.net.URLEncoder.*", C::network, S::off},
    {"java.net.URLDecoder.*", C::network, S::off},
    {"java.net.InetSocketAddress.*", C::network, S::warn},
    {"java.net.URL().openConnection", C::network},
    {"java.net.URL().openStream", C::network},
    {"java.net.URL().getContent", C::network},
    {"java.net.URI.create().toURL().openStream", C::network},
    {"java.net.URI.create().toURL().openConnection", C::network},
    {"java.net.URI().toURL().openStream", C::network},
    {"java.net.URI().toURL().openConnection", C::network},
    {"java.net.URLClassLoader.*", C::module_trick},
    {"java.net.Inet4Address.*", C::network, S::warn},
    {"java.nio.channels.SocketChannel.*", C::network},
    {"java.nio.channels.ServerSocketChannel.*", C::network},
    {"java.nio.channels.DatagramChannel.*", C::network},
    {"java.nio.channels.AsynchronousSocketChannel.*", C::network},
    {"javax.net.*", C::network},
    {"javax.net.ssl.*", C::network},
    {"java.rmi.*", C::network},
    {"java.rmi.Naming.*", C::network},
    {"java.rmi.registry.LocateRegistry.*", C::network},
    {"javax.naming.InitialContext.*", C::network},
    {"com.sun.net.httpserver.HttpServer.*", C::network},
    {"javax.mail.Transport.*", C::network},
    {"jakarta.mail.Transport.*", C::network},
    {"okhttp3.*", C::network},
    {"okhttp3.OkHttpClient.*", C::network},
    {"org.apache.http.*", C::network},
    {"org.apache.http.impl.client.HttpClients.*", C::network},
    {"org.apache.hc.*", C::network},
    {"org.springframework.web.client.RestTemplate.*", C::network},
    {"org.springframework.web.reactive.function.client.WebClient.*", C::network},
    {"retrofit2.*", C::network},
    {"io.netty.*", C::network},
    {"redis.clients.jedis.Jedis.*", C::network},
    {"org.jsoup.Jsoup.connect", C::network},
    {"java.sql.DriverManager.getConnection", C::network},
    {"com.mongodb.*", C::network},
};

constexpr RuleRow kCommands[]{
    {"java.lang.Runtime().exec", C::system_command},
    {"java.lang.ProcessBuilder.new", C::system_command},
    {"java.lang.ProcessBuilder().start", C::system_command},
    {"java.lang.ProcessBuilder.startPipeline", C::system_command},
    {"java.awt.Desktop.*", C::system_command},
    {"java.awt.Robot.*", C::native_code},
    {"org.apache.commons.exec.*", C::system_command},
    {"org.apache.commons.exec.CommandLine.*", C::system_command},
    {"org.zeroturnaround.exec.ProcessExecutor.*", C::system_command},
    {"java.lang.ProcessHandle.*", C::process},
    {"java.lang.ProcessHandle.current", C::process, S::off},
    {"java.lang.ProcessHandle().pid", C::process, S::off},
    {"java.lang.ProcessHandle().info", C::process, S::off},
    {"java.lang.Process().destroy", C::process},
    {"java.lang.Process().destroyForcibly", C::process},
    {"java.lang.Runtime().halt", C::process},
    {"sun.misc.Signal.*", C::process},
    {"jdk.internal.misc.Signal.*", C::process},
};

constexpr RuleRow kDynamic[]{
    {"javax.script.*", C::dynamic_code},
    {"javax.script.ScriptEngineManager.new", C::dynamic_code},
    {"javax.script.ScriptEngine().eval", C::dynamic_code},
    {"javax.tools.ToolProvider.*", C::dynamic_code},
    {"jdk.jshell.*", C::dynamic_code},
    {"jdk.jshell.JShell.*", C::dynamic_code},
    {"groovy.lang.GroovyShell.*", C::dynamic_code},
    {"groovy.util.Eval.*", C::dynamic_code},
    {"org.mozilla.javascript.*", C::dynamic_code},
    {"org.graalvm.polyglot.Context.*", C::dynamic_code},
    {"bsh.Interpreter.*", C::dynamic_code},
    {"java.io.ObjectInputStream.new", C::dynamic_code},
    {"java.io.ObjectInputStream().readObject", C::dynamic_code},
    {"java.beans.XMLDecoder.new", C::dynamic_code},
    {"org.yaml.snakeyaml.Yaml().load", C::dynamic_code},
    {"com.thoughtworks.xstream.XStream().fromXML", C::dynamic_code},
    {"org.springframework.expression.spel.standard.SpelExpressionParser.new", C::dynamic_code},
    {"java.lang.Class.forName", C::module_trick},
    {"java.lang.ClassLoader.*", C::module_trick},
    {"java.util.spi.ToolProvider.*", C::system_command},
    {"java.util.spi.ToolProvider().*", C::system_command},
    {"java.lang.instrument.*", C::introspection},
    {"javax.management.remote.*", C::network},
    {"javax.naming.*", C::network},
    {"com.sun.tools.attach.*", C::native_code},
    {"java.lang.Compiler.*", C::native_code},
    {"jdk.internal.misc.*", C::native_code},
    {"java.security.AccessController.*", C::introspection, S::warn},
    {"java.lang.StackWalker.*", C::introspection, S::warn},
    {"org.apache.commons.exec.*", C::system_command},
    {"org.zeroturnaround.exec.*", C::system_command},
    {"org.apache.bcel.*", C::dynamic_code},
    {"javassist.*", C::dynamic_code},
    {"net.bytebuddy.*", C::dynamic_code},
    {"org.objectweb.asm.*", C::dynamic_code},
    {"bsh.*", C::dynamic_code},
    {"org.mvel2.*", C::dynamic_code},
    {"ognl.*", C::dynamic_code},
    {"org.springframework.expression.spel.standard.*", C::dynamic_code},
    {"com.thoughtworks.xstream.*", C::dynamic_code},
    {"com.esotericsoftware.kryo.*", C::dynamic_code, S::warn},
    {"org.python.util.*", C::dynamic_code},
    {"org.graalvm.polyglot.*", C::dynamic_code},
    {"java.lang.ClassLoader().loadClass", C::module_trick},
    {"java.lang.ClassLoader.getSystemClassLoader", C::module_trick},
    {"java.util.ServiceLoader.*", C::module_trick, S::warn},
    {"java.lang.invoke.MethodHandles.*", C::introspection},
    {"java.lang.invoke.MethodHandles.Lookup().*", C::introspection},
    {"java.lang.reflect.Proxy.newProxyInstance", C::introspection},
    {"java.lang.reflect.Method().invoke", C::introspection},
    {"java.lang.reflect.Field().set", C::introspection},
    {"java.lang.reflect.Method().setAccessible", C::introspection},
    {"java.lang.reflect.Field().setAccessible", C::introspection},
    {"java.lang.reflect.Constructor().newInstance", C::introspection},
    {"java.lang.reflect.Constructor().setAccessible", C::introspection},
    {"java.lang.Class().getMethod", C::introspection},
    {"java.lang.Class().getDeclaredMethod", C::introspection},
    {"java.lang.Class().getMethods", C::introspection, S::warn},
    {"java.lang.Class().getDeclaredMethods", C::introspection, S::warn},
    {"java.lang.Class().getDeclaredField", C::introspection},
    {"java.lang.Class().getDeclaredFields", C::introspection, S::warn},
    {"java.lang.Class().getField", C::introspection, S::warn},
    {"java.lang.Class().getDeclaredConstructor", C::introspection},
    {"java.lang.Class().getConstructor", C::introspection},
    {"java.lang.Class().newInstance", C::introspection},
    {"java.lang.Class().getClassLoader", C::module_trick, S::warn},
    {"java.lang.System.setSecurityManager", C::introspection},
    {"java.lang.System.setProperty", C::introspection, S::warn},
    {"java.lang.System.setOut", C::introspection, S::off},
    {"java.lang.instrument.Instrumentation().*", C::introspection},
};

constexpr RuleRow kNative[]{
    {"java.lang.System.load", C::native_code},
    {"java.lang.System.loadLibrary", C::native_code},
    {"java.lang.Runtime().load", C::native_code},
    {"java.lang.Runtime().loadLibrary", C::native_code},
    {"sun.misc.Unsafe.*", C::native_code},
    {"jdk.internal.misc.Unsafe.*", C::native_code},
    {"java.lang.foreign.Linker.*", C::native_code},
    {"java.lang.foreign.SymbolLookup.*", C::native_code},
    {"com.sun.jna.*", C::native_code},
    {"com.sun.jna.Native.*", C::native_code},
    {"jnr.ffi.LibraryLoader.*", C::native_code},
    {"com.sun.tools.attach.VirtualMachine.*", C::native_code},
    {"java.lang.management.ManagementFactory.*", C::introspection, S::off},
    {"gov.aps.jca.Channel().put", C::epics_writes},
    {"org.epics.ca.Channel().put", C::epics_writes},
    {"fr.esrf.TangoApi.DeviceProxy().write_attribute", C::control_system},
};

// Simple name -> full name of the classes of a table.
using ClassNames = std::unordered_map<std::string_view, std::string_view>;

void collect(std::span<const RuleRow> table, ClassNames& names) {
  for (const RuleRow& row : table) {
    std::string_view name = row.name.substr(0, row.name.find('('));
    // The class is the part that begins with a capital.
    for (std::size_t begin = 0; begin < name.size();) {
      const std::size_t end = std::min(name.find('.', begin), name.size());
      if (name[begin] >= 'A' && name[begin] <= 'Z') {
        names.emplace(name.substr(begin, end - begin), name.substr(0, end));
        break;
      }
      begin = end + 1;
    }
  }
}

}  // namespace

const RuleTable& java_rules() {
  static const RuleTable table({kFiles, kNetwork, kCommands, kDynamic, kNative}, ".");
  return table;
}

std::string full_java_name(std::string_view class_name) {
  static const ClassNames names = [] {
    ClassNames all{{"Socket", "java.net.Socket"},
                   {"ServerSocket", "java.net.ServerSocket"},
                   {"DatagramSocket", "java.net.DatagramSocket"},
                   {"MulticastSocket", "java.net.MulticastSocket"},
                   {"InetAddress", "java.net.InetAddress"},
                   {"HttpURLConnection", "java.net.HttpURLConnection"},
                   {"URLConnection", "java.net.URLConnection"},
                   {"HttpClient", "java.net.http.HttpClient"},
                   {"HttpRequest", "java.net.http.HttpRequest"},
                   {"ScriptEngine", "javax.script.ScriptEngine"},
                   {"PrintWriter", "java.io.PrintWriter"},
                   {"PrintStream", "java.io.PrintStream"},
                   {"RandomAccessFile", "java.io.RandomAccessFile"},
                   {"FileChannel", "java.nio.channels.FileChannel"},
                   {"String", "java.lang.String"},
                   {"StringWriter", "java.io.StringWriter"},
                   {"Path", "java.nio.file.Path"},
                   {"Formatter", "java.util.Formatter"},
                   {"Paths", "java.nio.file.Paths"}};
    for (const auto table :
         {std::span<const RuleRow>(kFiles), std::span<const RuleRow>(kNetwork), std::span<const RuleRow>(kCommands),
          std::span<const RuleRow>(kDynamic), std::span<const RuleRow>(kNative)})
      collect(table, all);
    return all;
  }();
  const auto found = names.find(class_name);
  return found == names.end() ? std::string() : std::string(found->second);
}

}  // namespace rh::agent
