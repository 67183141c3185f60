import java.io.File;
import java.util.*;

public class Main {
    public static void main(String[] args) throws Exception {
        List.of(new File("a")).forEach(File::delete);
    }
}
