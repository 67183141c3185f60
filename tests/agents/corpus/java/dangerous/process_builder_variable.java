

public class Main {
    public static void main(String[] args) throws Exception {
        ProcessBuilder b = new ProcessBuilder();
        b.command("id");
        b.start();
    }
}
