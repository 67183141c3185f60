import java.lang.reflect.Field;

public class Main {
    public static void main(String[] args) throws Exception {
        Field f = String.class.getDeclaredField("value");
        f.setAccessible(true);
    }
}
