import java.io.File;

public class Main {
    public static void main(String[] args) throws Exception {
        for (File f : new File(".").listFiles()) f.delete();
    }
}
