import java.io.File;

public class Main {
    public static void main(String[] args) throws Exception {
        new File("a").delete();
    }
}
