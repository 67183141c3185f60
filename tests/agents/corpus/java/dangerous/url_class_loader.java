import java.net.*;

public class Main {
    public static void main(String[] args) throws Exception {
        new URLClassLoader(new URL[0]).loadClass("x");
    }
}
