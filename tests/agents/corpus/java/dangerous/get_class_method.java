

public class Main {
    public static void main(String[] args) throws Exception {
        "".getClass().getDeclaredMethod("length").invoke("");
    }
}
