import static java.nio.file.Files.*;
import java.nio.file.Path;

public class Main {
    public static void main(String[] args) throws Exception {
        move(Path.of("a"), Path.of("b"));
    }
}
