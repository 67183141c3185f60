

public class Main {
    public static void main(String[] args) throws Exception {
        System.out.println(System.getenv("HOME") + System.getProperty("java.version") + System.currentTimeMillis());
        System.out.println(Runtime.getRuntime().availableProcessors() + " " + Runtime.getRuntime().freeMemory());
        System.exit(0);
    }
}
