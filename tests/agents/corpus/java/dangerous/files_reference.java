import java.nio.file.*;

public class Main {
    public static void main(String[] args) throws Exception {
        Files.list(Path.of(".")).map(Path::toFile).forEach(f -> f.delete());
    }
}
