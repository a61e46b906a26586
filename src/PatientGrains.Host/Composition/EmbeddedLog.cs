using PatientGrains.Host.Settings;
using PatientGrains.Log;

namespace PatientGrains.Host.Composition;

/// <summary>The key ring and the embedded log of a data folder, made at first use: the embedded default needs no set-up.</summary>
internal static class EmbeddedLog
{
    /// <summary>The ring; made when there is neither a ring nor a store that would need another one.</summary>
    public static KeyRing Ring(HostSettings settings)
    {
        if (File.Exists(settings.KeyRingPath))
            return KeyRing.Open(settings.KeyRingPath);
        if (HasStore(settings))
        {
            throw new SettingsException(
                $"KeyRing: there is no key ring at {settings.KeyRingPath}, and the store in {settings.Data} needs its own.");
        }
        Folder(settings.Data);
        return KeyRing.Create(settings.KeyRingPath);
    }

    /// <summary>The ring of a store that exists: to look at what is not there is a mistake, and must not make it.</summary>
    /// <exception cref="SettingsException">There is no store in the data folder.</exception>
    public static KeyRing RingOfStore(HostSettings settings) =>
        HasStore(settings) ? Ring(settings) : throw new SettingsException($"Data: there is no store in {Path.GetFullPath(settings.Data)}.");

    private static bool HasStore(HostSettings settings) => File.Exists(Path.Combine(settings.Data, "patientgrains.db"));

    /// <summary>Takes the folder's lock.</summary>
    public static SqliteLog Open(HostSettings settings, KeyRing ring)
    {
        Folder(settings.Data);
        return SqliteLog.Open(settings.Data, ring);
    }

    /// <summary>Readable by its owner only: sealed or not, what is in it is nobody else's business.</summary>
    private static void Folder(string path)
    {
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(path);
        else
            Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }
}
