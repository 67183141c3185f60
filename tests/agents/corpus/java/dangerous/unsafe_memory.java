import sun.misc.Unsafe;

public class Main {
    public static void main(String[] args) throws Exception {
        Unsafe.getUnsafe().putLong(0, 1);
    }
}
