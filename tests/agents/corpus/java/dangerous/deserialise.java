import java.io.*;

public class Main {
    public static void main(String[] args) throws Exception {
        new ObjectInputStream(System.in).readObject();
    }
}
