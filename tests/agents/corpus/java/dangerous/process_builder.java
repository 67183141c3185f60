import java.util.List;

public class Main {
    public static void main(String[] args) throws Exception {
        new ProcessBuilder(List.of("id")).start();
    }
}
