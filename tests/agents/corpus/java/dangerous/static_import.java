import static java.nio.file.Files.deleteIfExists;
import java.nio.file.Path;

public class Main {
    public static void main(String[] args) throws Exception {
        deleteIfExists(Path.of("a"));
    }
}
