import java.io.File;

public class Main {
    public static void main(String[] args) throws Exception {
        File f = new File("a");
        f.renameTo(new File("b"));
    }
}
