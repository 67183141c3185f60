import java.io.*;

public class Main {
    public static void main(String[] args) throws Exception {
        StringWriter s = new StringWriter();
        PrintWriter w = new PrintWriter(s);
        w.println("x");
        new PrintWriter(System.out, true).println(s);
        new PrintStream(new ByteArrayOutputStream()).print(1);
    }
}
