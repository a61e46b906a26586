using System.Text;
using Google.Protobuf;
using PatientGrains.Grpc.Rpc;

namespace PatientGrains.Grpc.Wire;

/// <summary>
/// How a status travels in headers: grpc-message is percent-encoded UTF-8 (PROTOCOL-HTTP2.md, Status-Message), details are base64.
/// </summary>
internal static class StatusText
{
    /// <summary>Clients refuse header lists over 8 KiB; base64 makes four of three.</summary>
    private const int MaxDetailBytes = 4_096;
    private const int MaxMessageChars = 1_000;

    public static string Encode(string message)
    {
        message = Cut(message);
        if (!message.AsSpan().ContainsAnyExceptInRange(' ', '~') && !message.Contains('%'))
            return message;
        var text = new StringBuilder();
        foreach (byte b in Encoding.UTF8.GetBytes(message))
        {
            if (b is >= (byte)' ' and <= (byte)'~' and not (byte)'%')
                text.Append((char)b);
            else
                text.Append('%').Append(Convert.ToHexString([b]));
        }
        return text.ToString();
    }

    /// <summary>What is not well encoded stays as it is: a bad message must not hide the status.</summary>
    public static string Decode(string text)
    {
        if (!text.Contains('%'))
            return text;
        byte[] bytes = new byte[Encoding.UTF8.GetMaxByteCount(text.Length)];
        int count = 0;
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] == '%' && i + 2 < text.Length && char.IsAsciiHexDigit(text[i + 1]) && char.IsAsciiHexDigit(text[i + 2]))
            {
                bytes[count++] = Convert.FromHexString(text.AsSpan(i + 1, 2))[0];
                i += 2;
            }
            else
            {
                count += Encoding.UTF8.GetBytes(text.AsSpan(i, 1), bytes.AsSpan(count));
            }
        }
        return Encoding.UTF8.GetString(bytes, 0, count);
    }

    /// <summary>Null when there are no details.</summary>
    public static string? Details(GrpcException error)
    {
        var status = error.ToStatus();
        status.Message = Cut(status.Message);
        while (status.Details.Count > 0 && status.CalculateSize() > MaxDetailBytes)
            status.Details.RemoveAt(status.Details.Count - 1);
        return status.Details.Count == 0 ? null : GrpcMetadata.ToText(status.ToByteArray());
    }

    private static string Cut(string message) => message.Length > MaxMessageChars ? message[..MaxMessageChars] : message;

    /// <summary>What came; without usable details the code and the message alone.</summary>
    public static Status Parse(int code, string message, string? details)
    {
        var plain = new Status { Code = code, Message = message };
        if (details is null || !GrpcMetadata.TryFromText(details, out byte[]? bytes))
            return plain;
        try
        {
            var status = Status.Parser.ParseFrom(bytes);
            plain.Details.Add(status.Details);
            return plain;
        }
        catch (InvalidProtocolBufferException)
        {
            return plain;
        }
    }
}
