import java.io.*;

public class Main {
    public static void main(String[] args) throws Exception {
        try (FileWriter w = new FileWriter("a.txt")) {
            w.write("x");
        }
    }
}
