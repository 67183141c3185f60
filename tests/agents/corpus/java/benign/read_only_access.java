import java.io.*;

public class Main {
    public static void main(String[] args) throws Exception {
        System.out.println(new RandomAccessFile("a", "r").length());
    }
}
