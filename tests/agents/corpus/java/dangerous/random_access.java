import java.io.*;

public class Main {
    public static void main(String[] args) throws Exception {
        String mode = "r" + "w";
        new RandomAccessFile("a", mode).write(1);
    }
}
