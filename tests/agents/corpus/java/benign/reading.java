import java.io.*;
import java.nio.file.*;

public class Main {
    public static void main(String[] args) throws Exception {
        try (BufferedReader r = new BufferedReader(new FileReader("data.txt"))) {
            System.out.println(r.readLine());
        }
        System.out.println(Files.readString(Path.of("data.txt")).length() + Files.readAllLines(Paths.get("x")).size());
        System.out.println(new File("x").exists() + " " + new File(".").listFiles().length);
    }
}
