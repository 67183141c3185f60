

public class Main {
    public static void main(String[] args) throws Exception {
        ProcessHandle.of(1).get().destroy();
    }
}
