import java.util.concurrent.*;

public class Main {
    public static void main(String[] args) throws Exception {
        ExecutorService e = Executors.newFixedThreadPool(2);
        Future<Integer> f = e.submit(() -> 1 + 1);
        System.out.println(f.get());
        e.shutdown();
        Thread t = new Thread(() -> System.out.println("x"));
        t.start();
        t.join();
    }
}
