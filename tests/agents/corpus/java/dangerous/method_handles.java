import java.lang.invoke.*;

public class Main {
    public static void main(String[] args) throws Exception {
        MethodHandles.lookup();
    }
}
