import javax.tools.*;

public class Main {
    public static void main(String[] args) throws Exception {
        ToolProvider.getSystemJavaCompiler().run(null, null, null, "X.java");
    }
}
