

public class Main {
    public static void main(String[] args) throws Exception {
        // Runtime.getRuntime().exec("id");
        System.out.println("new ProcessBuilder(\"id\").start()");
    }
}
